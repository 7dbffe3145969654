#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the container. Brings a Python of its own: the system's
# python3 belongs to Gradescope's harness and stays as it is.
#   TDL_HOME    where it goes; readable for everybody, because student code runs with it
#   TDL_PYTHON  an interpreter to use, 3.11 to 3.13; else one of these on PATH, else uv brings one,
#               else Ubuntu's package
#   TORCH_INDEX_URL  an index for torch alone
# pip obeys PIP_INDEX_URL and its other variables, and the pip.conf in the zip, if there is one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${TDL_HOME:-/opt/tdl}
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
export PIP_ROOT_USER_ACTION=ignore
torch_index=${TORCH_INDEX_URL-https://download.pytorch.org/whl/cpu}
if [ -f "$here/pip.conf" ]; then
    export PIP_CONFIG_FILE="$here/pip.conf"
fi
if [ -n "${PIP_CONFIG_FILE:-}${PIP_INDEX_URL:-}" ]; then
    torch_index=${TORCH_INDEX_URL-} # whoever chose an index has a build of torch there
fi

install() {
    [ -n "${updated:-}" ] || { apt-get update -qq; updated=1; }
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
usable() { # of the versions that we grade with, and able to make an environment
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}
find_python() {
    local name
    for name in ${TDL_PYTHON:-} python3.12 python3.11 python3.13; do
        if command -v "$name" >/dev/null && usable "$name"; then command -v "$name"; return; fi
    done
    return 1
}
bring_python() {
    command -v pip3 >/dev/null || install python3-pip
    if pip3 install --quiet --target "$home/uv" uv \
        && "$home/uv/bin/uv" python install --quiet --no-bin --install-dir "$home/python" 3.12; then
        for found in "$home"/python/*/bin/python3.12; do
            if usable "$found"; then TDL_PYTHON=$found; return; fi
        done
    fi
    echo "uv could not bring a Python; trying the distribution's" >&2
    install python3.11 python3.11-venv
}

umask 022
mkdir -p "$home"
ldconfig -p | grep libseccomp.so.2 >/dev/null || install libseccomp2
find_python >/dev/null || bring_python
python=$(find_python)
"$python" -m venv "$home/venv"
pip() { "$home/venv/bin/python" -m pip "$@"; }
# CUDA has no use here: the CPU build of torch is on PyTorch's own index, unless another is set.
torch=$(grep '^torch==' "$here/requirements.txt" || true)
if [ -n "$torch" ] && [ -n "$torch_index" ]; then
    pip install --quiet --no-deps --extra-index-url "$torch_index" "$torch"
fi
pip install --quiet --prefer-binary -r "$here/requirements.txt"
chmod -R go+rX "$home"
chmod -R go= "$here"
"$home/venv/bin/python" -c 'import torch, numpy, pytest, IPython, pyseccomp; print("torch", torch.__version__)'
