"""From groups to a report: keywords, typical texts, metrics, a map, and the page that shows them."""
