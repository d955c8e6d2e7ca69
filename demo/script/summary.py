"""Reads a table and prints a summary."""

import csv

with open("readings.csv", newline="") as table:
    readings = {row["station"]: float(row["temperature"]) for row in csv.DictReader(table)}
print(f"{len(readings)} stations, mean {sum(readings.values()) / len(readings):.2f}")
