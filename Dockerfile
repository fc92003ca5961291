# One image for every service: the packages of requirements.lock, the code, nothing built at start-up.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    AIRFLOW_HOME=/opt/onegrid/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/onegrid/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    ONEGRID_HOME=/var/lib/onegrid

RUN groupadd --gid 10001 onegrid \
    && useradd --uid 10001 --gid onegrid --create-home --shell /usr/sbin/nologin onegrid \
    && install --directory --owner=onegrid --group=onegrid /opt/onegrid /opt/onegrid/airflow /var/lib/onegrid

WORKDIR /opt/onegrid

# The lock names every package with its hashes; a package that is not in it does not get in.
COPY requirements.lock ./
# It is complete, so nothing is resolved again: --no-deps.
RUN pip install --no-deps --require-hashes --requirement requirements.lock

COPY --chown=onegrid:onegrid . .
RUN pip install --no-deps --no-build-isolation --editable .

USER onegrid
EXPOSE 8080
CMD ["airflow", "version"]
