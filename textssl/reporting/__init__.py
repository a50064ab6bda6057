"""From groups to a report: keywords, representative texts, metrics, a map, and the page that shows them."""
