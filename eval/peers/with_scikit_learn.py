"""scikit-learn: hashed counts and one-vs-rest logistic regression by gradient
descent, a batch of 100 predicted, then learnt. Of the first batch nothing is
predicted: the model is not there yet.

with_scikit_learn.py FILE LIMIT BITS    2 to the BITS are the features; its default is 20
"""

import sys

import sklearn
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

import documents

BATCH = 100

titles, texts, labels = documents.read()
both = [f"{title} {text}" for title, text in zip(titles, texts)]
classes = sorted(set(labels))
vectorizer = HashingVectorizer(n_features=2 ** int(sys.argv[3]))
model = SGDClassifier(loss="log_loss", random_state=1)


def learn():
    right = 0
    for start in range(0, len(both), BATCH):
        counts = vectorizer.transform(both[start:start + BATCH])
        truth = labels[start:start + BATCH]
        if start > 0:
            right += (model.predict(counts) == truth).sum()
        model.partial_fit(counts, truth, classes=classes)
    return right


documents.tell(len(both), documents.measure(learn), f"scikit-learn {sklearn.__version__}")
