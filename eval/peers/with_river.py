"""River: TF-IDF and one-vs-rest logistic regression, one document at a time.

with_river.py FILE LIMIT RATE    RATE of its gradient descent; River's default is 0.01
"""

import sys

import river
from river import feature_extraction, linear_model, multiclass, optim

import documents

titles, texts, labels = documents.read()
both = [f"{title} {text}" for title, text in zip(titles, texts)]
regression = linear_model.LogisticRegression(optimizer=optim.SGD(float(sys.argv[3])))
model = feature_extraction.TFIDF() | multiclass.OneVsRestClassifier(regression)


def learn():
    right = 0
    for text, label in zip(both, labels):
        right += model.predict_one(text) == label
        model.learn_one(text, label)
    return right


documents.tell(len(both), documents.measure(learn), f"River {river.__version__}")
