# The ways to check the project. `make test` is what has to pass.

GO ?= go
FUZZTIME ?= 20s
BENCHTIME ?= 5x

.PHONY: test unraced commands contract race compiler redis shells curl lint bench bench-guarantees bench-peers python quality fuzz cover docs

# Vet, then every test with the race detector; fuzz seeds and the README's
# commands are among them. Those of ./cmd run processes that are built without it,
# so it would find nothing there. Rooms that start no goroutine have nothing to be
# found, and those of the check run pipelines that others run with it. Tests with one
# of these words in their names put much data through one goroutine, or do what others
# do in all combinations: the race detector would make them five to eight times as
# long. `make race` is for all of these. Some packages mostly wait, so three go at a time.
ALONE = ./features ./model/... ./datasets/sample ./datasets/reuters ./datasets/newsgroups ./datasets/wikitext ./pipeline/topics/... ./eval/check ./eval/metric ./eval/statistics ./internal/jsonl
OTHERS = $$($(GO) list ./... | grep -vxE "tidings/cmd|$$($(GO) list $(ALONE) | paste -sd '|' -)")
UNRACED = Quality|Memory|SharedData|Bomb|UnderEveryPromise|Naive|Forgets|Endless|NamedOutOfTheLog|AgainInPart|StackEquals|SaveTime|DamagedSnapshotIs
test: compiler redis shells curl lint
	$(GO) test -race -p 3 -timeout 12m -skip '$(UNRACED)' $(OTHERS)
	@$(MAKE) --no-print-directory -j2 -Otarget unraced commands

unraced:
	$(GO) test -timeout 10m $(ALONE)
	$(GO) test -timeout 10m -run '$(UNRACED)' $(OTHERS)

# Those of ./cmd mostly wait for processes.
commands:
	$(GO) test -timeout 10m ./cmd

# Every test with the race detector: half an hour.
race: compiler redis shells curl
	$(GO) test -race -timeout 60m ./...

# The race detector needs a C compiler; install one where there is none.
compiler:
	@command -v cc >/dev/null || { echo "installing gcc, which the race detector needs"; apt-get update -q && apt-get install -q -y gcc libc6-dev; }

# The tests of what lives in Redis run one of their own; install it where there
# is none, without starting it.
redis:
	@command -v redis-server >/dev/null || { echo "installing redis-server, which tests run"; apt-get update -q && RUNLEVEL=1 apt-get install -q -y redis-server; }

# The tests of completion run the shells; bash alone is everywhere.
shells:
	@command -v zsh >/dev/null && command -v fish >/dev/null || { echo "installing zsh and fish, whose completion is tested"; apt-get update -q && apt-get install -q -y zsh fish; }

# The README sends documents with it, and its commands are tested.
curl:
	@command -v curl >/dev/null || { echo "installing curl, which the README uses"; apt-get update -q && apt-get install -q -y curl; }

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# Throughput against a bare copy and the oracle's loop, what each guarantee
# costs, what a model takes, latency, and the benchmarks of each package.
bench:
	$(GO) test -run '^$$' -bench 'Throughput' -benchtime $(BENCHTIME) -timeout 30m ./eval
	@$(MAKE) --no-print-directory bench-guarantees
	$(GO) test -run '^$$' -bench 'Model$$' -timeout 30m ./eval
	$(GO) test -run '^$$' -bench 'Completeness' -benchtime 1x -timeout 30m ./eval
	$(GO) test -run '^$$' -bench 'Latency' -benchtime 1x -timeout 30m ./eval
	$(GO) test -run '^$$' -bench 'Memory' -benchtime 1x -timeout 30m ./cmd
	$(GO) test -run '^$$' -bench . -benchmem ./features ./model ./internal/jsonl ./datasets/... ./eval/metric ./pipeline/...

# What each guarantee and recovery costs, as a table in Markdown. GUARANTEES takes
# flags, such as -guarantees.partitions 1 or -guarantees.rows 'commit|replay'.
bench-guarantees: redis
	$(GO) test -run '^$$' -bench 'Guarantees' -benchtime $(BENCHTIME) -timeout 60m ./eval -args $(GUARANTEES)

# Tidings beside River, scikit-learn and Vowpal Wabbit: the same documents, one
# thread each. The peers are installed into a virtual environment in the user's
# cache, or in -venv DIR.
PEERS ?= ../shared/datasets/wikipedia-current-events.jsonl.gz ../shared/datasets/reuters-r8-train.jsonl.gz
bench-peers: python
	$(GO) build -o bin/peers ./eval/peers
	bin/peers $(PEERS)

python:
	@python3 -c 'import ensurepip' 2>/dev/null || { echo "installing python3-venv, which the peers need"; apt-get update -q && apt-get install -q -y python3-venv; }

# Processes killed with kill -9, a broker and a Redis killed likewise, sleepers
# that wake as zombies: counts what is lost or comes twice. make test runs a short version.
PROVE ?= -prove.kills 100 -prove.brokers 30 -prove.zombies 30 -prove.redis 30 -prove.documents 24000
prove:
	$(GO) test -count 1 -v -timeout 30m -parallel 8 -run '^TestProve' ./cmd -args $(PROVE)

# Every trouble at every point of every stage under every promise, with state in
# workers and in a Redis. In make test the troubles take turns.
contract: redis
	$(GO) test -count 1 -timeout 30m -parallel 4 -run '^TestTheContract.*UnderEveryPromise' ./eval -args -contract.whole

# Writes how good every model is, and stories are, into the file that make test
# compares with: see with git what has changed.
quality:
	$(GO) test -count 1 -run 'QualityIs' ./eval/experiments -args -update

# Every fuzz target for FUZZTIME.
fuzz:
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

cover:
	$(GO) test -coverprofile=cover.out ./... && $(GO) tool cover -func=cover.out | tail -1

# The reference page, the man pages and the list of flags, from the flags.
docs:
	$(GO) test ./cmd -run DocumentsTellTheFlags -update
