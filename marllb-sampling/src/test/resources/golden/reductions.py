"""Reference values of every statistic, by NumPy and SciPy.

Command: python3 reductions.py > reductions.csv   (NumPy 2.4.6, SciPy 1.17.1)
"""
import numpy
import scipy.stats

BASE = 0.9
NOW = 1000.0
print("# made by reductions.py: a line of results, then the values, then the ages in seconds at time 1,000 s")
rng = numpy.random.default_rng(20260101)
for n in (1, 2, 3, 10, 11, 64, 127, 128, 1000):
    for law in ("lognormal", "ties", "signed"):
        if law == "lognormal":
            x = rng.lognormal(-4.0, 1.5, n)
        elif law == "ties":
            x = rng.integers(1, 6, n) / 8.0
        else:
            x = rng.normal(0.0, 1.0, n)
        ages = numpy.round(rng.exponential(8.0, n), 3)
        w = BASE ** ages
        with numpy.errstate(all="ignore"):
            results = {
                "mean": numpy.mean(x),
                "p90": numpy.percentile(x, 90),
                "std": numpy.std(x),
                "discounted-mean": numpy.average(x, weights=w),
                "discounted-p90": numpy.percentile(x, 90, weights=w, method="inverted_cdf"),
                "product-mean": numpy.mean(x * w),
                "product-p90": numpy.percentile(x * w, 90),
                "skewness": scipy.stats.skew(x),
                "kurtosis": scipy.stats.kurtosis(x),
                "cv": numpy.std(x) / numpy.mean(x),
            }
        print(",".join(f"{k}={float(v)!r}" for k, v in results.items()))
        print(",".join(repr(float(v)) for v in x))
        print(",".join(repr(float(v)) for v in ages))
