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
# Its pages carry a picture that tells its makers of every visit, and know map servers and fonts by name. The browser
# is told to ask nobody but this server.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,  # True behind a proxy that speaks HTTPS
}
