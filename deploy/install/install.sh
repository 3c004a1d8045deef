#!/bin/sh
# Installs a ficus child on this machine from its own parent, and nothing from anywhere else.
#
#   sh install.sh --url https://parent:8443 --ca-file ca.pem --sha256 <sum of manifest.json>
#
# Every byte is checked: the connection against the CA certificate, the manifest against the sum, everything else against
# the manifest. Run it again to upgrade. It asks nothing and needs of curl, python3 and wget one.
#
# Exit codes: 0 installed; 1 failed, and may succeed another time; 2 called wrongly; 3 the parent has another version.
set -eu
umask 022

usage() {
  cat <<'USAGE'
usage: install.sh --url <https://parent:8443> --ca-file <ca.pem> --sha256 <sum of manifest.json> [options]

  --url <url>         the parent's join listener
  --ca-file <file>    the parent's CA certificate, PEM
  --sha256 <sum>      SHA-256 of the parent's manifest.json, 64 hexadecimal digits
  --no-start          install only; do not enable or start ficus-child
  --root <folder>     install below this folder instead of /; implies --no-start, makes no user
  --deadline <s>      give up after so many seconds without success; default 600
USAGE
}

say() { printf 'ficus install: %s\n' "$*" >&2; }
die() {
  say "error: $1"
  exit "${2:-1}"
}
wrong_usage() { die "$1; see install.sh --help" 2; }

url='' ca='' pin='' root='' start=yes deadline=600
while [ $# -gt 0 ]; do
  case $1 in
    --url | --ca-file | --sha256 | --root | --deadline)
      [ $# -ge 2 ] || wrong_usage "$1 wants a value"
      case $1 in
        --url) url=${2%/} ;;
        --ca-file) ca=$2 ;;
        --sha256) pin=$2 ;;
        --root) root=${2%/} start=no ;;
        --deadline) deadline=$2 ;;
      esac
      shift 2
      ;;
    --no-start) start=no && shift ;;
    --help | -h) usage && exit 0 ;;
    *) wrong_usage "unknown option $1" ;;
  esac
done

case $url in
  https://?*) ;;
  *) wrong_usage "--url wants https://parent:8443, got \"$url\"" ;;
esac
[ -n "$ca" ] || wrong_usage 'want --ca-file'
[ -r "$ca" ] || die "--ca-file $ca can't be read"
case $pin in
  *[!0-9a-f]* | '') wrong_usage '--sha256 wants 64 hexadecimal digits in lower case' ;;
esac
[ ${#pin} -eq 64 ] || wrong_usage "--sha256 wants 64 hexadecimal digits, got ${#pin}"
case $deadline in
  *[!0-9]* | '') wrong_usage '--deadline wants a number of seconds' ;;
esac
[ -n "$root" ] || [ "$(id -u)" = 0 ] || die 'want to be run as root; run it with sudo'

case $(uname -s)/$(uname -m) in
  Linux/x86_64 | Linux/amd64) arch=x64 ;;
  Linux/aarch64 | Linux/arm64) arch=arm64 ;;
  *) die "there is no ficus for $(uname -s) on $(uname -m); it runs on Linux on x86_64 and aarch64" ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }
python=''
for candidate in python3 /usr/libexec/platform-python; do
  if [ -z "$python" ] && have "$candidate"; then python=$candidate; fi
done
if have curl; then tool=curl; elif [ -n "$python" ]; then tool=python; elif have wget; then tool=wget; else
  die 'want curl, python3 or wget to download with, found none; install one of them'
fi
have sha256sum || [ -n "$python" ] || die 'want sha256sum or python3 to check with, found neither; install coreutils'
have gzip || [ -n "$python" ] || die 'want gzip or python3 to unpack with, found neither; install gzip'

# Beside what is installed: the last step must be a rename.
bin=$root/usr/local/bin
mkdir -p "$bin"
work=$bin/.ficus-install
mkdir -p "$work"
chmod 700 "$work"
# Nothing but $ca counts: an empty folder stands for the ones that this machine trusts.
mkdir -p "$work/no-ca"
trap 'rm -f "$work/error"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Of standard input.
sum_of() {
  if have sha256sum; then
    sha256sum | cut -d ' ' -f 1
  else
    "$python" -c 'import hashlib,sys;h=hashlib.sha256()
for b in iter(lambda:sys.stdin.buffer.read(65536),b""):h.update(b)
print(h.hexdigest())'
  fi
}
unpack() {
  if have gzip; then
    gzip -dc "$1"
  else
    "$python" -c 'import gzip,shutil,sys;shutil.copyfileobj(gzip.open(sys.argv[1]),sys.stdout.buffer)' "$1"
  fi
}
size_of() { wc -c <"$1" | tr -d ' '; }

# One attempt; goes on where the last one stopped. Says why it failed in $work/error.
fetch_once() {
  case $tool in
    curl)
      curl --fail --silent --show-error --location --max-redirs 0 --proto '=https' --cacert "$ca" --capath "$work/no-ca" \
        --connect-timeout 10 --speed-limit 1000 --speed-time 60 --continue-at - --output "$2" "$1" 2>"$work/error"
      ;;
    wget)
      SSL_CERT_FILE=$ca SSL_CERT_DIR=$work/no-ca wget --no-verbose --https-only --max-redirect=0 \
        --ca-certificate="$ca" --ca-directory="$work/no-ca" --timeout=60 --tries=1 --continue \
        --output-document="$2" "$1" 2>"$work/error"
      ;;
    python)
      "$python" - "$1" "$2" "$ca" 2>"$work/error" <<'PYTHON'
import os, ssl, sys, urllib.error, urllib.request
url, path, ca = sys.argv[1:]
at = os.path.getsize(path) if os.path.exists(path) else 0
request = urllib.request.Request(url, headers={"Range": "bytes=%d-" % at} if at else {})
class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
handlers = [NoRedirect(), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca))]
try:
    with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
        want = answer.headers.get("Content-Length")
        got = 0
        with open(path, "ab" if answer.status == 206 else "wb") as out:
            for block in iter(lambda: answer.read(65536), b""):
                out.write(block)
                got += len(block)
        if want is not None and got != int(want):
            sys.exit("the connection broke after %d of %s bytes" % (got, want))
except (OSError, ValueError) as error:
    sys.exit(str(error))
PYTHON
      ;;
  esac
}

# fetch <name> <bytes or nothing> <sha256>: leaves the checked file in $work. What is there already is not fetched again.
fetch() {
  file=$work/$1
  pause=1
  wrong=0
  began=$(date +%s)
  while :; do
    if [ -f "$file" ]; then
      if [ "$(sum_of <"$file")" = "$3" ]; then return; fi
      # Complete and wrong, or longer than it should be: nothing to go on from.
      if [ -z "$2" ] || [ "$(size_of "$file")" -ge "$2" ]; then rm -f "$file"; fi
    fi
    if [ -s "$file" ]; then resumed=yes; else resumed=no; fi
    if fetch_once "$url/install/$1" "$file"; then
      found=$(sum_of <"$file")
      if [ "$found" = "$3" ]; then return; fi
      rm -f "$file"
      wrong=$((wrong + 1))
      # Its beginning may have been left by an older installation.
      if [ "$wrong" = 1 ] && [ "$resumed" = yes ]; then continue; fi
      if [ "$1" = manifest.json ]; then
        die "$url/install/$1 has SHA-256 $found, want $3: the parent has another version than this was made for, or is another; make new user-data with \`ficus cloud-init\` there" 3
      fi
      die "$url/install/$1 has SHA-256 $found, want $3: it was changed on the way or on the parent"
    fi
    why=$(grep -m 1 '^curl: ' "$work/error" || tail -n 1 "$work/error" || :)
    case $why in
      *'not yet valid'* | *'has expired'*) why="$why (the clock of this machine says $(date -u '+%Y-%m-%d %H:%M:%S') UTC: is it right?)" ;;
      *'self-signed'* | *'self signed'* | *'unable to get local issuer'*) why="$why (the parent's certificate is not of the CA in $ca)" ;;
    esac
    passed=$(($(date +%s) - began))
    # A clock that was set forward meanwhile says nothing about how long this took.
    if [ "$passed" -ge "$deadline" ] && [ "$pause" -ge 30 ]; then
      die "gave up on $url/install/$1 after $passed s: ${why:-no answer}; run this again: it goes on where it was"
    fi
    say "waiting for $url/install/$1: ${why:-no answer}; again in $pause s"
    sleep "$pause"
    pause=$((pause * 2))
    [ "$pause" -le 30 ] || pause=30
  done
}

# member <object> <name>: of one line of the manifest, which `entry` gives.
member() { printf '%s\n' "$1" | sed -n "s/.*\"$2\":\"\{0,1\}\([^\",]*\).*/\1/p"; }
# entry <name> <value>: the innermost object that has it. Its objects hold plain names, numbers and sums only.
entry() { tr -d ' \t\r\n' <"$work/manifest.json" | sed 's/[{}]/\n/g' | grep -F "\"$1\":\"$2\"" | head -n 1 || :; }

fetch manifest.json '' "$pin"
version=$(tr -d ' \t\r\n' <"$work/manifest.json" | sed -n 's/.*"version":"\([^"]*\)".*/\1/p')
artefact=$(entry arch "$arch")
[ -n "$artefact" ] || die "the parent has no ficus for $arch: give it a bundle that has one with install.directory"
packed=$(member "$artefact" file)
executable_sum=$(member "$artefact" executableSha256)

# Everything is here and checked before anything is replaced.
for unit in ficus-child.service ficus-parent.service; do
  known=$(entry file "$unit")
  [ -n "$known" ] || die "the manifest has no sum of $unit: want one that a parent serves"
  fetch "$unit" "$(member "$known" bytes)" "$(member "$known" sha256)"
done
# Until the child was started anew: a run that is interrupted in between leaves it to the next one.
changed=$work/changed
if [ -f "$bin/ficus" ] && [ "$(sum_of <"$bin/ficus")" = "$executable_sum" ]; then
  say "ficus $version is installed already"
else
  say "downloading ficus $version for $arch, $(member "$artefact" bytes) bytes"
  fetch "$packed" "$(member "$artefact" bytes)" "$(member "$artefact" sha256)"
  # Unpacked, written and summed at once: on a small machine each of them takes seconds.
  found=$(unpack "$work/$packed" | tee "$work/ficus" | sum_of)
  # The sum is of what went by: of a full disk only the size tells.
  if [ "$found" != "$executable_sum" ] || [ "$(size_of "$work/ficus")" != "$(member "$artefact" executableBytes)" ]; then
    rm -f "$work/ficus"
    die "the executable in $packed is not the one that the manifest names, or the disk of $work is full"
  fi
  chmod 755 "$work/ficus"
  sync
  : >"$changed"
  mv -f "$work/ficus" "$bin/ficus"
fi

if [ -z "$root" ]; then
  if ! getent group ficus >/dev/null; then
    if have groupadd; then groupadd --system ficus; else addgroup --system ficus; fi || die "can't make the group ficus"
  fi
  if ! getent passwd ficus >/dev/null; then
    nologin=$(command -v nologin || echo /bin/false)
    if have useradd; then
      useradd --system --gid ficus --home-dir /nonexistent --no-create-home --shell "$nologin" ficus
    else
      adduser --system --ingroup ficus --home /nonexistent --no-create-home --shell "$nologin" ficus
    fi || die "can't make the user ficus"
  fi
fi

# The configuration is for its owner and the service; what holds a key is in the state directory, for the service alone.
etc=$root/etc/ficus
state=$root/var/lib/ficus-child
mkdir -p "$etc" "$state"
chmod 755 "$etc"
chmod 700 "$state"
if [ -z "$root" ]; then chown -R ficus:ficus "$state"; fi
if [ -f "$etc/child.yaml" ]; then
  chmod 640 "$etc/child.yaml"
  if [ -z "$root" ]; then chown root:ficus "$etc/child.yaml"; fi
fi

units=$root/etc/systemd/system
if [ -n "$root" ] || have systemctl; then
  mkdir -p "$units"
  for unit in ficus-child.service ficus-parent.service; do
    if ! cmp -s "$work/$unit" "$units/$unit"; then
      chmod 644 "$work/$unit"
      : >"$changed"
      mv -f "$work/$unit" "$units/$unit"
    fi
  done
fi
say "installed ficus $version in $bin/ficus"

finish() {
  rm -rf "$work"
  exit 0
}
if [ "$start" = no ]; then finish; fi
if [ ! -d /run/systemd/system ]; then
  say 'systemd does not run here: start the child yourself, as the user ficus: ficus child --config /etc/ficus/child.yaml'
  finish
fi
systemctl daemon-reload
if [ ! -f "$etc/child.yaml" ]; then
  say "there is no $etc/child.yaml yet: write it, then: systemctl enable --now ficus-child"
  finish
fi
systemctl enable --quiet ficus-child || die "can't enable ficus-child: see systemctl status ficus-child"
# A power cut now would leave units of 0 bytes, which systemd takes for masked ones.
sync
# Without waiting: a child that cannot join yet goes on trying for as long as it takes.
if [ -e "$changed" ] || ! systemctl is-active --quiet ficus-child; then
  systemctl --no-block restart ficus-child || die "can't start ficus-child: see systemctl status ficus-child"
fi
say 'started ficus-child: follow it with journalctl -fu ficus-child'
finish
