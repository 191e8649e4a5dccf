"""The TextCNN of examples/textcnn in PyTorch, on the same split, sizes and epochs.

Needs Debian's python3-torch (1.13) and the files that examples/textcnn/export.ts writes:

    npx tsx examples/textcnn/export.ts out/textcnn/reference
    /usr/bin/python3 examples/textcnn/reference/train.py out/textcnn/reference --json torch.json

Prints held-out accuracy of three seeds and the losses of 50 steps without dropout from given weights and batches.
"""

import argparse
import json
import pathlib
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class TextCNN(nn.Module):
    def __init__(self, config, vocabulary, classes):
        super().__init__()
        channels, widths = config["channels"], config["widths"]
        self.embed = nn.Embedding(vocabulary, config["embedding"])
        nn.init.normal_(self.embed.weight, std=config["embeddingStd"])
        self.convs = nn.ModuleList([nn.Conv1d(config["embedding"], channels, width) for width in widths])
        self.dropout = nn.Dropout(config["dropout"])
        self.fc = nn.Linear(channels * len(widths), classes)

    def forward(self, tokens):
        x = self.embed(tokens).transpose(1, 2)
        pooled = [conv(x).relu().amax(-1) for conv in self.convs]
        return self.fc(self.dropout(torch.cat(pooled, 1)))


class Data:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.summary = json.loads((self.folder / "corpus.json").read_text())
        self.config = self.summary["config"]
        self.train = self.part("train")
        self.test = self.part("test")

    def ints(self, name):
        return torch.from_numpy(np.fromfile(self.folder / name, "<i4").astype(np.int64))

    def part(self, name):
        tokens = self.ints(f"{name}.tokens.i32").view(-1, self.config["passageLength"])
        return tokens, self.ints(f"{name}.labels.i32")

    def model(self):
        return TextCNN(self.config, self.summary["vocabulary"], len(self.summary["groups"]))

    def initial_weights(self):
        flat = torch.from_numpy(np.fromfile(self.folder / "curve.weights.f32", "<f4"))
        weights = {}
        for row in self.summary["weights"]:
            count = int(np.prod(row["shape"]))
            weights[row["name"]] = flat[:count].view(row["shape"])
            flat = flat[count:]
        return weights

    def curve_batches(self):
        return self.ints("curve.batches.i32").view(-1, self.config["batchSize"])


def train_step(model, optimizer, tokens, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(tokens), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def accuracy(model, tokens, labels):
    model.eval()
    return (model(tokens).argmax(1) == labels).float().mean().item()


def train(data, seed):
    """One whole training run: held-out accuracy and seconds."""
    torch.manual_seed(seed)
    config, (tokens, labels) = data.config, data.train
    model = data.model()
    optimizer = torch.optim.Adam(model.parameters(), lr=config["learningRate"])
    batch, started = config["batchSize"], time.time()
    steps_per_epoch = len(labels) // batch
    total = config["epochs"] * steps_per_epoch
    for step in range(total):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(labels))
        chosen = order[step % steps_per_epoch * batch :][:batch]
        optimizer.param_groups[0]["lr"] = config["learningRate"] * (1 - step / total)
        train_step(model, optimizer, tokens[chosen], labels[chosen])
    seconds = time.time() - started
    return accuracy(model, *data.test), seconds


def curve(data, dtype=torch.float32):
    """Losses from given weights and batches at a constant learning rate, without dropout."""
    tokens, labels = data.train
    model = data.model()
    model.load_state_dict(data.initial_weights())
    model.to(dtype)
    model.dropout.p = 0
    optimizer = torch.optim.Adam(model.parameters(), lr=data.config["learningRate"])
    return [train_step(model, optimizer, tokens[chosen], labels[chosen]) for chosen in data.curve_batches()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--json", help="where the figures go, beside the terminal")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = Data(args.folder)
    labels = data.test[1]
    runs = [train(data, seed) for seed in args.seeds]
    losses, exact = curve(data), curve(data, torch.float64)
    figures = {
        "torch": torch.__version__,
        "epochs": data.config["epochs"],
        "seeds": args.seeds,
        "accuracies": [round(accuracy, 4) for accuracy, _ in runs],
        "meanAccuracy": round(statistics.mean(accuracy for accuracy, _ in runs), 4) if runs else None,
        "majorityBaseline": round(labels.bincount().max().item() / len(labels), 4),
        "secondsPerRun": round(statistics.mean(seconds for _, seconds in runs), 1) if runs else None,
        "curve": [round(loss, 6) for loss in losses],
        "curveFloat64Difference": max(abs(a - b) for a, b in zip(losses, exact)),
    }
    print(json.dumps(figures, indent=2))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
