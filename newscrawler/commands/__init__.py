"""Commands of the project; `crawl` replaces Scrapy's own, whose exit status says nothing."""
