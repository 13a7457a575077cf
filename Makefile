# Two commands do everything on a fresh machine: `make evidence` and `make test`.
PYTHON ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup evidence test release release-proof compose-proof demo check bench lock clean

help: ## Show this help
	@echo "Purelaka: a shop that proves what it says about itself."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Make .venv what requirements/lock.txt says (all other commands do this first)
	@$(PYTHON) requirements/install.py

evidence: setup ## Prove every claim and build the site: build/site/index.html
	@$(PY) build_evidence.py

test: setup ## Run all tests
	@$(PY) -m pytest -n auto --dist worksteal

release: setup ## Prove everything anew for a release and pack it into dist/; anything short of Met fails
	@$(PY) build_evidence.py --release
	@mkdir -p dist
	@$(PY) build_evidence.py bundle --out dist/purelaka_evidence.zip
	@cp build/site/proof/hygiene/purelaka_clean_share.zip evidence/verify.py dist/

release-proof: setup ## Publish two tags to a repository on this machine and switch between them in a browser
	@$(PY) build_evidence.py --only release-proof

compose-proof: setup ## Bring the shop up with Docker Compose, test it there, and take it down
	@$(PY) build_evidence.py --only compose

demo: setup ## Start the whole shop on this machine with seeded people and orders
	@$(PY) app/manage.py demo

check: setup ## Check the register of claims, in a second or two; nothing is run
	@$(PY) build_evidence.py check

bench: setup ## Run the benchmarks
	@missed=0; for file in benchmarks/*.py; do $(PY) $$file || missed=1; done; exit $$missed

lock: setup ## Resolve the requirements again for every supported Python
	@$(PY) evidence/gates/lock.py --write

clean: ## Remove everything that was built, the private database and .venv
	@$(PYTHON) app/local_postgres/clean.py
	@rm -rf build .build .venv .local staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
