"""Apache Superset for one machine: metadata in one SQLite file, loopback, nothing fetched from and told to anybody.

Read by Superset through SUPERSET_CONFIG_PATH. SUPERSET_SECRET_KEY signs its sessions and seals stored passwords;
keep it with the metadata file. A deployment for many users takes PostgreSQL for the metadata and a login of its own.
"""

import os

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['ONEGRID_BI_METADATA']}"
LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "us", "name": "English"}}
BABEL_DEFAULT_LOCALE = "zh"
ROW_LIMIT = 50_000
if os.environ.get("ONEGRID_BI_CHECK"):  # the check's own calls, on loopback, for a minute
    WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
CONTENT_SECURITY_POLICY_WARNING = False
SCARF_ANALYTICS = False
FAB_ADD_SECURITY_API = False
