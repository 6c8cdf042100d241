"""What the peers have in common: documents in memory, and one line of result."""

import gzip
import json
import platform
import sys
import time


def read():
    """The documents of the file named first, at most as many as named second (0: all)."""
    path, limit = sys.argv[1], int(sys.argv[2])
    texts, titles, labels = [], [], []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if limit and len(texts) == limit:
                break
            document = json.loads(line)
            titles.append(document["title"])
            texts.append(document["text"])
            labels.append(document["label"])
    return titles, texts, labels


def measure(learn):
    """Runs learn, which returns how many predictions were right, and tells what it took."""
    wall, processor = time.perf_counter(), time.process_time()
    right = learn()
    return right, time.perf_counter() - wall, time.process_time() - processor


def tell(documents, measured, version):
    right, seconds, processor_seconds = measured
    print(json.dumps({
        "version": f"{version}, Python {platform.python_version()}",
        "documents": documents,
        "right": int(right),
        "seconds": seconds,
        "processor_seconds": processor_seconds,
    }))
