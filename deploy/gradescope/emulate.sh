#!/usr/bin/env bash
# Tries an autograder zip as Gradescope would run it, without Docker: a root file system of its own,
# the real setup.sh with the network, then the real run_autograder as root with Docker's capabilities,
# no network, and half a CPU and 768 MiB where cgroups (version 1) can be made.
#
#   deploy/gradescope/emulate.sh ZIP UPLOAD WORK
#
# ZIP     what `tdl gradescope` wrote
# UPLOAD  a folder with the files of a submission
# WORK    a folder of its own; the file system and the installed packages stay there for the next time
# SUITE, MIRROR  what debootstrap makes the file system from (jammy and its own mirror)
# BIND    further paths shown read-only, e.g. a folder of wheels that pip's configuration names
# MEMORY, QUOTA  limits: MiB (768) and percent of a CPU (50)
# Needs root, bwrap and debootstrap. pip's variables and TORCH_INDEX_URL are handed on to setup.sh.
set -euo pipefail
zip=$(realpath "$1") upload=$(realpath "$2")
mkdir -p "$3"
work=$(realpath "$3")
tree=$work/autograder root=$work/root
[ -x "$root/bin/bash" ] || debootstrap --variant=minbase --include=ca-certificates "${SUITE:-jammy}" "$root" ${MIRROR:+"$MIRROR"}

rm -rf "$tree"
mkdir -p "$tree/source" "$tree/results"
(cd "$tree/source" && python3 -m zipfile -e "$zip" .)
cp "$tree/source/run_autograder" "$tree/run_autograder"
chmod 755 "$tree/run_autograder" "$tree/source/setup.sh"
cp -r "$upload" "$tree/submission"
echo '{"users": [{"email": "student@example.edu", "id": 1, "name": "A Student"}]}' >"$tree/submission_metadata.json"

container() {
    local shown=()
    for path in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs ${BIND:-}; do
        [ ! -e "$path" ] || shown+=(--ro-bind "$path" "$path")
    done
    bwrap --die-with-parent --unshare-pid --bind "$root" / --bind "$tree" /autograder --proc /proc --dev /dev \
        --perms 1777 --tmpfs /tmp --perms 1777 --tmpfs /dev/shm "${shown[@]}" --chdir /autograder "$@"
}
if [ ! -x "$root/opt/tdl/venv/bin/python" ] || ! cmp -s "$tree/source/requirements.txt" "$work/installed.txt"; then
    container source/setup.sh
    cp "$tree/source/requirements.txt" "$work/installed.txt"
fi

group=tdl-emulate-$$
files=/sys/fs/cgroup
capabilities=()
for name in CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE; do
    capabilities+=(--cap-add "CAP_$name")
done
limited=yes
for kind in memory cpu cpuacct; do mkdir "$files/$kind/$group" 2>/dev/null || limited=; done
if [ -n "$limited" ]; then
    echo $((${MEMORY:-768} * 1048576)) >"$files/memory/$group/memory.limit_in_bytes"
    echo $((${QUOTA:-50} * 1000)) >"$files/cpu/$group/cpu.cfs_quota_us"
else
    echo "no cgroups (version 1) can be made here: memory and CPU are not limited" >&2
fi
started=$(date +%s)
( # the group is entered by the process that becomes the container
    for kind in memory cpu cpuacct; do [ -z "$limited" ] || echo "$BASHPID" >"$files/$kind/$group/cgroup.procs"; done
    container --unshare-net --unshare-ipc --clearenv --cap-drop ALL "${capabilities[@]}" ./run_autograder
) || echo "run_autograder ended with $?" >&2
echo "seconds: $(($(date +%s) - started))"
if [ -n "$limited" ]; then
    echo "memory at most: $(($(cat "$files/memory/$group/memory.max_usage_in_bytes") / 1048576)) MiB"
    echo "CPU: $(($(cat "$files/cpuacct/$group/cpuacct.usage") / 1000000)) ms"
    for kind in memory cpu cpuacct; do rmdir "$files/$kind/$group" || true; done
fi
python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print("score:", r["score"]); print(r.get("output", ""))
for t in r["tests"]: print(t["name"], t.get("score"), "of", t.get("max_score"), *t["tags"])' "$tree/results/results.json"
