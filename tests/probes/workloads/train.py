"""Training: fits a line to the project's data by gradient descent, in two processes, and writes the checkpoint."""
import csv, json, multiprocessing


def slope(part):
    weight, bias, rows = part
    errors = [(weight * x + bias - y, x) for x, y in rows]
    return sum(error * x for error, x in errors), sum(error for error, _ in errors)


with open('data.csv') as file:
    rows = [(float(x), float(y)) for x, y in csv.reader(file)]
weight = bias = 0.0
with multiprocessing.Pool(2) as pool:
    for _ in range(400):
        halves = [(weight, bias, rows[::2]), (weight, bias, rows[1::2])]
        slopes = pool.map(slope, halves)
        weight -= 0.5 * sum(one for one, _ in slopes) / len(rows)
        bias -= 0.5 * sum(one for _, one in slopes) / len(rows)
with open('/output/checkpoint.json', 'w') as file:
    json.dump({'weight': round(weight, 2), 'bias': round(bias, 2)}, file)
