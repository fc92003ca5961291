# make run · make test — everything else is for those who work on the house.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BI := .venv-bi
METRICS := .venv-metricflow
CITY ?= cities/sandbox
HOME_DIR ?= var
# the sandbox's centres are servers of the simulator, up while the command after them runs; they err as real ones do
FAULTS ?= repeated_row,late_row,correction,deletion,missing_key=0.001,unparsable_time=0.001,impossible_order=0.001,$\
	over_supply=0.01,zero_coordinates,swapped_lonlat,vanished_item,returned_item,http_429,http_500
SERVE = $(BIN)/python -m simulator serve --root $(HOME_DIR)/centres --faults "$(FAULTS)" --
CENTRES = $(if $(filter cities/sandbox,$(CITY)),$(SERVE))

.PHONY: run test laws production strength linking linking-real linking-tools lint format airflow lock docs golden indicators marts marts-release bi bi-lock screenshots

run: $(READY)  ## the whole main job once, through a real Airflow on this machine
	@$(CENTRES) $(BIN)/onegrid airflow-run --city $(CITY) --home $(HOME_DIR)

test: $(READY) lint  ## lint, types, and every test but the long ones
	@$(BIN)/python -m pytest -n 2 -m "not laws and not production and not bi"

laws: $(READY)  ## the long forms of the laws: a month with every fault, every order of arrival, each real city
	@$(BIN)/python -m pytest -n 2 -m laws

production: $(READY)  ## the long forms of running it: a broken feed in a real Airflow
	@$(BIN)/python -m pytest -n 2 -m production

bi: $(READY) $(BI)/.ready $(METRICS)/.ready  ## a real BI tool and the semantic layer over an edition; makes their environments once
	@$(BIN)/python -m pytest -n 2 -m bi

strength: $(READY)  ## promises 14 to 16: what the gates and the watch see of planted defects, and their false alarms
	@$(BIN)/python -m benchmarks.gate_strength; told=$$?; $(BIN)/python -m benchmarks.watch && exit $$told

linking: $(READY)  ## promise 17: linking against the simulator's truth, beside other methods (see linking-tools)
	@$(BIN)/python -m benchmarks.linking

linking-real: $(READY)  ## linking on real feeds (ONEGRID_SHARED_DATA): counts, and pairs for a person to judge
	@$(BIN)/python -m benchmarks.linking_real

linking-tools: $(READY)  ## what `make linking` compares with: Splink and scikit-learn, in a folder of their own
	@$(BIN)/python -m pip install -q --disable-pip-version-check --target $(HOME_DIR)/linking-tools "splink>=5,<6" "scikit-learn>=1.7"

airflow: $(READY)  ## leave an Airflow with its pages running, until interrupted
	@$(CENTRES) $(BIN)/onegrid airflow --city $(CITY) --home $(HOME_DIR)

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q . && $(BIN)/mypy && $(BIN)/sqlfluff lint -q dbt_project/models dbt_project/tests
	@$(BIN)/python -m reporting.mart_page dbt_project docs/marts.md
	@# what has landed in $(HOME_DIR) is the history of $(CITY) alone: another city may have a feed of the same name
	@for city in cities/*; do \
		home=$(HOME_DIR)/no-history; if [ $$city = $(CITY) ]; then home=$(HOME_DIR); fi; \
		$(BIN)/onegrid feed lint --city $$city --home $$home || exit 1; \
	done

format: $(READY)
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

lock: $(READY)  ## resolve the dependencies of pyproject.toml again, with hashes
	@$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-emit-index-url --upgrade -q --custom-compile-command "make lock" -o requirements.lock

bi-lock: $(READY)  ## resolve the environments of `make bi` again, with hashes
	@for name in superset metricflow; do $(BIN)/uv pip compile bi/$$name.in --python-version 3.11 --generate-hashes \
		--no-strip-extras --no-emit-index-url --upgrade -q --custom-compile-command "make bi-lock" -o bi/$$name.lock || exit 1; \
	done

golden: $(READY)  ## what each contract makes of its sample, kept beside it
	@for folder in cities/*/samples/*/; do \
		feed=$$(basename $$folder); city=$${folder%/samples/*}; mkdir -p $$city/golden; \
		$(BIN)/onegrid feed try $$city/feeds/$$feed.yml $$folder* --golden > $$city/golden/$$feed.jsonl || exit 1; \
	done

indicators: $(READY)  ## docs/indicators.md, docs/mechanisms.md and the semantic layer, from the registry
	@$(BIN)/python -m reporting.indicator_page dbt_project docs/indicators.md
	@$(BIN)/python -m reporting.mechanism_page dbt_project cities/sandbox/feeds docs/mechanisms.md
	@$(BIN)/python -m reporting.semantic_layer dbt_project/seeds/indicator.csv bi/semantics/models/indicators.yml

marts: $(READY)  ## the contract of the marts and its page, from the YAML of the models; BREAKING='why' where readers must change
	@$(BIN)/python -m reporting.mart_page dbt_project docs/marts.md write "$(BREAKING)"

marts-release: $(READY)  ## the contract in force becomes the one that later changes are held against
	@$(BIN)/python -m reporting.mart_page dbt_project docs/marts.md release

screenshots: $(READY)  ## docs/screenshots: the report of a made-up district without faults, as a wall, a phone and paper show it
	@folder=$$(mktemp -d) && trap 'rm -rf '$$folder EXIT && \
		$(BIN)/python -m simulator serve --root $$folder/centres -- \
			$(BIN)/onegrid run --city cities/sandbox --home $$folder/home && \
		$(BIN)/python -m tests.reporting.screenshots $$folder/home/editions/current/report docs/screenshots

docs: $(READY)  ## dbt's own documentation site of the newest build
	@$(BIN)/onegrid docs --city $(CITY) --home $(HOME_DIR)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "onegrid needs Python 3.11; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making $(VENV) from requirements.lock (once; one to three minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

$(BI)/.ready: bi/superset.lock | $(READY)
	@echo "making $(BI) from bi/superset.lock (once; three to five minutes)"
	@rm -rf $(BI) && $(PYTHON) -m venv $(BI) && $(BIN)/uv pip install -q --python $(BI)/bin/python --require-hashes -r bi/superset.lock
	@export SUPERSET_CONFIG_PATH=$(CURDIR)/bi/superset_config.py ONEGRID_BI_METADATA=$(CURDIR)/$(BI)/metadata.db \
		SUPERSET_SECRET_KEY="$$(head -c 32 /dev/urandom | base64)" FLASK_APP="superset.app:create_app()"; \
		{ $(BI)/bin/superset db upgrade && $(BI)/bin/superset fab create-admin --username admin --password admin \
		--firstname BI --lastname check --email bi@example.invalid && $(BI)/bin/superset init; } > $(BI)/made.log 2>&1 \
		|| { tail -n 20 $(BI)/made.log; exit 1; }
	@touch $@

$(METRICS)/.ready: bi/metricflow.lock | $(READY)
	@echo "making $(METRICS) from bi/metricflow.lock (once; under a minute)"
	@rm -rf $(METRICS) && $(PYTHON) -m venv $(METRICS)
	@$(BIN)/uv pip install -q --python $(METRICS)/bin/python --require-hashes -r bi/metricflow.lock
	@touch $@
