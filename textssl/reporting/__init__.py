"""Groups a person can read: keywords, typical texts, measures, a map, and the report that shows them."""
