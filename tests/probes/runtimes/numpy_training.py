"""A network with one hidden layer learns to tell two rings apart, and its weights are written."""
import numpy

random = numpy.random.default_rng(1)
angle = random.uniform(0, 2 * numpy.pi, 400)
inner = numpy.arange(400) % 2 == 0
radius = numpy.where(inner, 1.0, 2.0) + random.normal(0, 0.1, 400)
x = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], axis=1)
y = inner.astype(float)[:, None]
a, b = random.normal(0, 1, (3, 16)), random.normal(0, 1, (17, 1))
ones = numpy.ones((400, 1))
for _ in range(3000):
    hidden = numpy.tanh(numpy.hstack([x, ones]) @ a)
    wide = numpy.hstack([hidden, ones])
    found = 1 / (1 + numpy.exp(-wide @ b))
    error = (found - y) / 400
    back = (error @ b[:-1].T) * (1 - hidden ** 2)
    b -= 2 * wide.T @ error
    a -= 2 * numpy.hstack([x, ones]).T @ back
numpy.savez('/output/checkpoint.npz', a=a, b=b)
assert ((found > 0.5) == (y > 0.5)).mean() > 0.95
print('done')
