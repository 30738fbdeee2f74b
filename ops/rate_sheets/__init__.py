"""Carriers' rate sheets: reads csv, tsv, and workbooks, proposes a map, and makes rows of a deck from them."""
