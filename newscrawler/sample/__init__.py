"""A small made-up source in East Money's form, served on loopback for the demo and the tests.

    with serve(Site()) as server:
        run_crawl(NEWS_MIRROR=server.address)

`Site` holds some sixty articles over ten days (`content.WINDOW`), `BulkSite` as many thousands as are asked for.
"""

from newscrawler.sample.bulk import BulkSite
from newscrawler.sample.content import CHANNELS, WINDOW
from newscrawler.sample.faults import Fault, Faults
from newscrawler.sample.server import App, Server, serve
from newscrawler.sample.site import Site

__all__ = ["CHANNELS", "WINDOW", "App", "BulkSite", "Fault", "Faults", "Server", "Site", "serve"]
