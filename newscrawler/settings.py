"""Every setting of the project: purpose, unit, who reads it.

Precedence: `-s NAME=VALUE`, then the environment variable of the same name (NEWS_* only), then this file.
"""

from __future__ import annotations

import os
from pathlib import Path

from scrapy.settings.default_settings import (
    DOWNLOADER_MIDDLEWARES_BASE,
    EXTENSIONS_BASE,
    SPIDER_MIDDLEWARES_BASE,
)


def env(name: str, default: str) -> str:
    """Return the environment variable `name`, or `default` where it is not set."""
    return os.environ.get(name, default)


def without(base: dict[str, int], *names: str) -> dict[str, int]:
    """Return Scrapy's own components without some classes."""
    return {path: place for path, place in base.items() if path.rpartition(".")[2] not in names}


BOT_NAME = "newscrawler"
SPIDER_MODULES = ["newscrawler.spiders"]
COMMANDS_MODULE = "newscrawler.commands"

# --- ours: what goes where ---
# Folder that relative paths count from: the one of scrapy.cfg. Read by pipelines.config.
NEWS_ROOT = str(Path(__file__).resolve().parent.parent)
# Outputs: markdown, database or both. Read by pipelines.config.
NEWS_OUTPUTS = env("NEWS_OUTPUTS", "markdown,database")
# SQLAlchemy URL; empty: news.db in NEWS_DATA_DIR. SQLite or PostgreSQL (postgresql+psycopg://...). Read by pipelines.store.
NEWS_DATABASE_URL = env("NEWS_DATABASE_URL", "")
# File with that URL in one line, instead of it: a password in no environment and no process list. Read by pipelines.config.
NEWS_DATABASE_URL_FILE = env("NEWS_DATABASE_URL_FILE", "")
# How long a transaction is tried again while the database is away, locked or frozen, in seconds; then the run ends with
# exit 5. Read by pipelines.config.
NEWS_STORE_BUDGET_S = env("NEWS_STORE_BUDGET_S", "60")
# Folder of locks, reports and state. Read by pipelines.config.
NEWS_DATA_DIR = env("NEWS_DATA_DIR", "data")
# Folder of posts; empty: _posts in NEWS_DATA_DIR. Read by pipelines.markdown.
NEWS_POSTS_DIR = env("NEWS_POSTS_DIR", "")
# Form of a post: post, finews, or the path of a Jinja2 template. Read by pipelines.markdown.
NEWS_POST_TEMPLATE = env("NEWS_POST_TEMPLATE", "post")
# Quote-chart pictures in bodies: drop or keep. Read by pipelines.body.
NEWS_CHARTS = env("NEWS_CHARTS", "drop")
# Body of a post: html or markdown. Read by pipelines.markdown.
NEWS_POST_BODY = env("NEWS_POST_BODY", "html")
# Address of the site, for the footer links of the templates. Read by pipelines.markdown.
NEWS_SITE_URL = env("NEWS_SITE_URL", "")

# --- ours: what is asked ---
# A mirror to ask instead of the site: a request for https://HOST/PATH goes to <mirror>/HOST/PATH. Read by newscrawler.mirror.
NEWS_MIRROR = env("NEWS_MIRROR", "")
# Default channels of the spider eastmoney: ids, slugs or names, comma separated. Read by newscrawler.base.
NEWS_EASTMONEY_CHANNELS = env("NEWS_EASTMONEY_CHANNELS", "102,344,345,349,350,351,353,355")
# Default channels of the spiders cls, sina and ifnews. Read by newscrawler.base.
NEWS_CLS_CHANNELS = env("NEWS_CLS_CHANNELS", "telegraph")
NEWS_SINA_CHANNELS = env("NEWS_SINA_CHANNELS", "roll:2516,live:152")
NEWS_IFNEWS_CHANNELS = env("NEWS_IFNEWS_CHANNELS", "48")
# How far back the first run of a channel goes, in days. Read by newscrawler.incremental.
NEWS_FIRST_RUN_DAYS = env("NEWS_FIRST_RUN_DAYS", "1")
# Known articles younger than this many hours are looked at again, less and less often; 0: never. Read by newscrawler.incremental.
NEWS_REFETCH_HOURS = env("NEWS_REFETCH_HOURS", "0")

# --- ours: who is told ---
# Webhook that is told once of each new problem and once of its end; empty: nobody. Secret. Read by newscrawler.webhook.
NEWS_NOTIFY_URL = env("NEWS_NOTIFY_URL", "")
# File with that address in one line, instead of it. Read by pipelines.config.
NEWS_NOTIFY_URL_FILE = env("NEWS_NOTIFY_URL_FILE", "")
# Form of its message: json, slack, feishu or dingtalk; empty: by the webhook's host, else json. Read by newscrawler.webhook.
NEWS_NOTIFY_FORM = env("NEWS_NOTIFY_FORM", "")

# --- polite: one request at a time and host, at least a second apart, jitter on top; robots.txt obeyed ---
USER_AGENT = "newscrawler/0.1 (Scrapy; reads news lists for an archive)"
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 1.5  # seconds; the jitter below takes off at most a third, so never under one second
DOWNLOAD_DELAY_JITTER = 1 / 3
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_REQUESTS = 4  # stopping takes this many delays: near the per-domain limit, one per host that is asked
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"  # a source sets its own; redirects carry none
DEFAULT_REQUEST_HEADERS = {"Accept": "*/*", "Accept-Language": "zh-CN,zh;q=0.9"}

# --- safe: limits on what one answer may cost, certificates checked, consoles and other handlers off ---
DOWNLOAD_TIMEOUT = 30  # seconds
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024  # bytes, also of what a compressed answer unpacks to
DOWNLOAD_WARNSIZE = 4 * 1024 * 1024
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 3
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "newscrawler.mirror.MirrorHandler",
    "https": "newscrawler.mirror.MirrorHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408, 429]
MEMUSAGE_LIMIT_MB = 1024

# --- how it runs ---
# Strict priorities, so that a list page waits for the articles of the one before: the queue of a long backfill stays short.
SCHEDULER_PRIORITY_QUEUE = "scrapy.pqueues.ScrapyPriorityQueue"
# Bytes of answers on their way through the stages; each weighs ten times that there.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 1_000_000
# Tasks that Scrapy starts for every single answer, whose callback yields one article: its usual hundred cost a fifth of a run.
CONCURRENT_ITEMS = 16
# Identity is the article's id, not its address; Scrapy's own filter would only grow with a long backfill.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
ITEM_PIPELINES = {
    "pipelines.text.CleanText": 100,  # every later message names the title
    "pipelines.body.CleanBody": 200,  # parses the body once, for itself and the securities
    "pipelines.dates.NormalizeDate": 300,  # the post's file name is built from it
    "pipelines.categories.NormalizeCategory": 400,  # after the body, whose last line may name the publisher
    "pipelines.securities.NormalizeSecurities": 500,  # after the body, which found the tags
    "pipelines.fingerprint.Fingerprint": 600,  # of clean title and text
    "pipelines.dedupe.Dedupe": 700,  # knows unchanged by fingerprint; sets revision and first time
    "pipelines.stories.LinkStory": 750,  # only for what is new
    "pipelines.markdown.WritePost": 800,  # before the store: known means that the post is there
    "pipelines.database.StoreArticle": 900,  # commits; from here on the article is known
}
# Taken out of Scrapy's own list, since naming a component with None still imports it: cookies alone are a tenth of a quiet run.
DOWNLOADER_MIDDLEWARES_BASE = without(
    DOWNLOADER_MIDDLEWARES_BASE,
    "CookiesMiddleware",
    "OffsiteMiddleware",  # HostGate checks every request, this one some
    "MetaRefreshMiddleware",  # news is data: its markup sends us nowhere
    "HttpAuthMiddleware",  # no source asks for a name and a password
)
DOWNLOADER_MIDDLEWARES = {
    "newscrawler.politeness.HostGate": 10,  # before anything asks the host, robots.txt included
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "newscrawler.politeness.PatientRetry": 550,
    "newscrawler.politeness.RefusalGuard": 595,  # sees every answer first, before redirects and retries
}
# A step more on the way of every answer and article: how deep a spider goes is counted in pages.
SPIDER_MIDDLEWARES_BASE = without(SPIDER_MIDDLEWARES_BASE, "DepthMiddleware")
EXTENSIONS_BASE = without(EXTENSIONS_BASE, "LogStats", "TelnetConsole", "RemoteControl")
EXTENSIONS = {
    "newscrawler.runs.RunLedger": 10,  # opens the store and takes the lock before anything else starts
    "newscrawler.progress.ProgressReport": 500,
}
STATS_CLASS = "newscrawler.stats.Stats"
LOG_LEVEL = "INFO"
# Form of the log: text, or json (one object a line). Read by newscrawler.logs.
NEWS_LOG_FORMAT = env("NEWS_LOG_FORMAT", "text")
LOG_VERSIONS: list[str] = []  # the ledger keeps them
LOG_FORMATTER = "newscrawler.progress.QuietLogFormatter"
