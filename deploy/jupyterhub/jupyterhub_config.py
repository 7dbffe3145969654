"""A JupyterHub for one course on one machine: `jupyterhub -f jupyterhub_config.py`.

Theory of operation. The hub runs as root and starts each student's JupyterLab under the student's
own account, with an interpreter and packages that hold the student kit and nothing of the staff's.
The course itself, with hidden tests, solutions and gradebook, is one service, /services/<course>/,
a JupyterLab with formgrader in the course folder, which only instructor and graders may open. They
meet in nbgrader's exchange: students may put a submission into its inbound folder but not list it,
and a submission is readable by its owner and the course alone.

Everything that differs between machines stands in hub.toml (or the file that $TDL_HUB names).
"""

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821

HERE = Path(__file__).resolve().parent
settings = tomllib.loads(Path(os.environ.get("TDL_HUB", HERE / "hub.toml")).read_text("utf-8"))
hub, people = settings["hub"], settings["people"]
course, student = settings["course"], settings["student"]
state = Path(hub["state"])
state.mkdir(parents=True, exist_ok=True)
staff = [people["instructor"], *people["graders"]]

# -- the hub ---------------------------------------------------------------------------------------
c.JupyterHub.bind_url = hub["address"]
c.JupyterHub.hub_bind_url = hub["internal_address"]
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.JupyterHub.pid_file = str(state / "jupyterhub.pid")
c.JupyterHub.cleanup_servers = True
c.ConfigurableHTTPProxy.command = hub["proxy"]
c.ConfigurableHTTPProxy.api_url = hub["proxy_api"]
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")

# -- who may log in --------------------------------------------------------------------------------
c.Authenticator.allowed_users = {*staff, *people["students"]}
c.Authenticator.admin_users = {people["instructor"]}
if hub["login"] == "test":
    # One password for everybody: for trying things out on this machine, and for nothing else.
    if not hub["address"].startswith("http://127.0.0.1:"):
        raise ValueError(f"address must be on 127.0.0.1 for login test, got {hub['address']}")
    c.JupyterHub.authenticator_class = "dummy"
    c.DummyAuthenticator.password = hub["test_password"]
else:
    c.JupyterHub.authenticator_class = hub["login"]

# -- the exchange ----------------------------------------------------------------------------------
exchange = Path(course["exchange"])
exchange.mkdir(parents=True, exist_ok=True)
# nbgrader wants it writable for all; the sticky bit keeps people from moving the course's folder.
exchange.chmod(0o1777)

# -- students' servers -----------------------------------------------------------------------------
# Copied, since students can't read this checkout.
shutil.copytree(HERE / "student", state / "student", dirs_exist_ok=True)
for path in (state, state / "student", *(state / "student").rglob("*")):
    path.chmod(0o755 if path.is_dir() else 0o644)
config_path = [str(state / "student"), *student.get("config_path", [])]
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [student["python"], "-m", "jupyterhub.singleuser"]
c.Spawner.args = student.get("arguments", [])
c.Spawner.notebook_dir = "~"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
c.Spawner.environment = {
    "TDL_COURSE": course["id"],
    "TDL_EXCHANGE": str(exchange),
    "JUPYTER_CONFIG_PATH": os.pathsep.join(config_path),
    "OMP_NUM_THREADS": "1",  # many people share the machine
    # nbgrader, tdl and pytest by name, in terminals and notebooks.
    "PATH": os.pathsep.join(
        [str(Path(student["python"]).parent), os.environ.get("PATH", os.defpath)]
    ),
    **student.get("environment", {}),
}

# -- the course: one JupyterLab with formgrader, for staff -----------------------------------------
# Jupyter writes here as the course's account: formgrader does not load where it can't.
staff_config = state / "staff"
(staff_config / "labconfig").mkdir(parents=True, exist_ok=True)
no_news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
# JupyterLab shows formgrader in a frame, which a hub forbids unless told otherwise. Pages of this
# address may frame it then; the README says what that means for students' servers.
framed = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}
for path, content in (
    (staff_config / "labconfig" / "page_config.json", no_news),
    (staff_config / "jupyter_server_config.json", {"ServerApp": {"tornado_settings": framed}}),
):
    path.write_text(json.dumps(content) + "\n", "utf-8")
if course.get("account"):
    for path in (staff_config, *staff_config.rglob("*")):
        shutil.chown(path, course["account"], course["account"])
staff_config.chmod(0o700)
service = {
    "name": course["id"],
    "url": course["address"],
    "command": [course.get("python", sys.executable), "-m", "jupyterhub.singleuser"]
    + course.get("arguments", []),
    "cwd": course["folder"],
    "environment": {"JUPYTER_CONFIG_DIR": str(staff_config), **course.get("environment", {})},
    "oauth_no_confirm": True,
    "timeout": 120,  # seconds to wait for its first answer
}
if course.get("account"):
    service["user"] = course["account"]
c.JupyterHub.services = [service]
c.JupyterHub.load_groups = {"staff": {"users": staff}}
c.JupyterHub.load_roles = [
    {
        "name": "formgrader",
        "description": "may open the course: mark, grade, release",
        "scopes": [f"access:services!service={course['id']}"],
        "groups": ["staff"],
    },
]
