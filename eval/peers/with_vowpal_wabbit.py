"""Vowpal Wabbit: one-against-all, progressive validation, by its own driver
from its own text format. That file is written beforehand, its words split and
lower-cased: neither is counted.

with_vowpal_wabbit.py FILE LIMIT LOSS    LOSS is logistic, hinge or squared
"""

import os
import re
import sys
import tempfile

import vowpalwabbit

import documents

WORD = re.compile(r"\w+")


def words(text):
    return " ".join(WORD.findall(text.lower()))


titles, texts, labels = documents.read()
numbers = {label: number for number, label in enumerate(dict.fromkeys(labels), start=1)}
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # it reads in a thread of its own

with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
    for title, text, label in zip(titles, texts, labels):
        file.write(f"{numbers[label]} |title {words(title)} |text {words(text)}\n")
    file.flush()

    def learn():
        model = vowpalwabbit.Workspace(
            arg_list=["--oaa", str(len(numbers)), "-b", "20", "--loss_function", sys.argv[3], "--quiet", "-d", file.name])
        assert model.get_weighted_examples() == len(texts), "not every document was read"
        right = len(texts) - model.get_sum_loss()
        model.finish()
        return round(right)

    documents.tell(len(texts), documents.measure(learn), f"Vowpal Wabbit {vowpalwabbit.__version__}")
