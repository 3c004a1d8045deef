/** The script that a new machine runs at its first boot, and the unit that runs it again until it is done. */
import { paths } from './paths.ts';

export interface BootstrapOptions {
  /** Origin of the parent's join listener: `https://parent.example.com:8443`. */
  readonly url: string;
  /** SHA-256 of install.sh, and of manifest.json, as the parent serves them; lower-case hexadecimal. */
  readonly scriptSha256: string;
  readonly manifestSha256: string;
}

/**
 * POSIX sh. Downloads install.sh, compares it with its sum and runs it, then waits for the join and removes the spent
 * token from what cloud-init keeps. Exit code 3: trying again is of no use.
 */
export function bootstrapScript({ url, scriptSha256, manifestSha256 }: BootstrapOptions): string {
  return `#!/bin/sh
# Made by \`ficus cloud-init\`: installs ficus from its parent and waits until the child has joined.
set -u
url=${shellQuoted(url)}
ca=${paths.ca}
token=${paths.token}
work=/run/ficus-bootstrap
say() { echo "ficus bootstrap: $*"; }
umask 077
# Nothing but the CA of user-data counts: an empty folder stands for the ones that this machine trusts.
mkdir -p "$work/no-ca"
py=$(command -v python3 || echo /usr/libexec/platform-python)

get() {
  if command -v curl >/dev/null; then
    curl -fsS --proto =https --cacert "$ca" --capath "$work/no-ca" --connect-timeout 10 --max-time 60 -o "$work/install.sh" "$url/install/install.sh"
  elif [ -x "$py" ]; then
    "$py" -c 'import ssl,sys,urllib.request as r
try: d=r.urlopen(sys.argv[1],context=ssl.create_default_context(cafile=sys.argv[2]),timeout=60).read()
except OSError as e: sys.exit(str(e))
open(sys.argv[3],"wb").write(d)' "$url/install/install.sh" "$ca" "$work/install.sh"
  else
    SSL_CERT_FILE=$ca SSL_CERT_DIR=$work/no-ca wget -nv --ca-certificate="$ca" --ca-directory="$work/no-ca" --timeout=60 --tries=1 -O "$work/install.sh" "$url/install/install.sh"
  fi 2>"$work/error"
}

pause=1 tries=0
until get; do
  tries=$((tries + 1))
  why=$(head -n 1 "$work/error")
  case $why in *'not yet valid'* | *expired*) why="$why; the clock says $(date -u +%FT%TZ), which may be wrong" ;; esac
  if [ "$tries" -ge 25 ]; then
    say "no answer of $url yet: $why; trying again later"
    exit 1
  fi
  say "waiting for $url: $why; again in $pause s"
  sleep "$pause"
  pause=$((pause * 2))
  [ "$pause" -le 30 ] || pause=30
done

if ! echo "${scriptSha256}  $work/install.sh" | sha256sum -c - >/dev/null 2>&1; then
  say "the parent's install.sh is not the one this user-data was made for: make new user-data with ficus cloud-init"
  exit 3
fi
sh "$work/install.sh" --url "$url" --ca-file "$ca" --sha256 ${manifestSha256} || exit $?
rm -rf "$work"

if [ ! -d /run/systemd/system ]; then
  say 'installed; without systemd the child is yours to start'
  exit 0
fi
waited=0
while [ -e "$token" ]; do
  # Joined, and stopped before it could delete the token, which is spent.
  if [ "$waited" -ge 10 ] && [ -e ${paths.identity} ]; then rm -f "$token"; fi
  if [ $((waited % 30)) = 29 ]; then
    say "waiting for the join: $(journalctl -u ficus-child -n 1 -o cat 2>/dev/null)"
  fi
  if [ "$waited" -ge 600 ]; then exit 1; fi
  sleep 1
  waited=$((waited + 1))
done

# It is spent; what cloud-init keeps of it goes as well.
grep -rlaE 'v1\\.[0-9a-f]{16}\\.[A-Za-z0-9_-]{43}' /var/lib/cloud/instances /run/cloud-init 2>/dev/null | while read -r file; do
  LC_ALL=C sed -i -E 's/v1\\.([0-9a-f]{16})\\.[A-Za-z0-9_-]{43}/v1.\\1.-------------------spent-------------------/g' "$file"
done
systemctl disable --quiet ficus-bootstrap.service
say "joined; follow the child with journalctl -fu ficus-child"
`;
}

/** One word, whatever is in it. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Tries again after a failure and after a reboot in the middle; says on the console what it waits for. */
export function bootstrapUnit(): string {
  return `[Unit]
Description=Install ficus from its parent
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=${paths.bootstrap}
Restart=on-failure
RestartPreventExitStatus=3
RestartSec=15
StandardOutput=journal+console
StandardError=inherit

[Install]
WantedBy=multi-user.target
`;
}

/** What cloud-init is to run once all files are there. */
export const bootstrapCommands: readonly (readonly string[])[] = [
  [
    'sh',
    '-c',
    `if [ -d /run/systemd/system ]; then systemctl daemon-reload; systemctl enable --now --no-block ficus-bootstrap.service; else ${paths.bootstrap}; fi`,
  ],
];
