"""DuckDB on the same files: counts and sums by channel, grouped by merchant and
customer, then by merchant, to one row of totals. Prints one line of JSON."""

import json
import resource
import sys
import time

import duckdb

files, threads, spill = sys.argv[1], int(sys.argv[2]), sys.argv[3]
connection = duckdb.connect(config={"threads": threads, "temp_directory": spill})
query = """
SELECT count(*) AS merchants,
       sum(orders) AS orders, sum(sales) AS sales, sum(buyers) AS buyers,
       sum(outside_orders) AS outside_orders, sum(outside_sales) AS outside_sales,
       sum(outside_buyers) AS outside_buyers
FROM (
    SELECT merchant,
           sum(orders) AS orders, sum(sales) AS sales,
           count(*) FILTER (orders > 0 AND customer IS NOT NULL) AS buyers,
           sum(outside_orders) AS outside_orders, sum(outside_sales) AS outside_sales,
           count(*) FILTER (outside_orders > 0 AND customer IS NOT NULL) AS outside_buyers
    FROM (
        SELECT merchant, customer,
               count(*) FILTER (channel = 0) AS orders,
               coalesce(sum(amount) FILTER (channel = 0), 0) AS sales,
               count(*) FILTER (channel = 1) AS outside_orders,
               coalesce(sum(amount) FILTER (channel = 1), 0) AS outside_sales
        FROM read_parquet(?)
        WHERE validity = 0 AND voided_epoch IS NULL
        GROUP BY merchant, customer
    )
    GROUP BY merchant
)
"""
started = time.perf_counter()
cursor = connection.execute(query, [files])
row = cursor.fetchone()
seconds = time.perf_counter() - started
totals = dict(zip([column[0] for column in cursor.description], map(int, row)))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"version": duckdb.__version__, "seconds": seconds, "peak": peak, "totals": totals}))
