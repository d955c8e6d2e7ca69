"""The module that a build tests and packs."""


def total(numbers):
    return sum(numbers)
