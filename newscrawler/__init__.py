"""When and what to fetch: the Scrapy project."""
