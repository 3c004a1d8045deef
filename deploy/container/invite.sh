#!/bin/sh
# Invites a child of docker-compose.yml: gives it a one-time token and its configuration with the parent's pin in it.
# May run any number of times: a child with a certificate that the parent issued, and that is not over, is left as it is.
#
#   invite.sh <child> <workloads>      with the parent's admin socket in FICUS_SOCKET and the child's state in the volume
set -eu
umask 077
child=$1
workloads=$2
state=${STATE_DIRECTORY:-/var/lib/ficus-child}
configuration=${CONFIGURATION_DIRECTORY:-/etc/ficus}
identity=$state/identity/current

# The first string of that key in the JSON on standard input.
value() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" | head -n 1; }

# `valid`, `expired`, `revoked`; nothing when there is no certificate, or none that this parent knows.
certificate_state() {
  [ -e "$identity/certificate.pem" ] || return 0
  serial=$(ficus pki inspect "$identity/certificate.pem" --json | value serial)
  ficus pki inspect "$serial" --json 2>/dev/null | value state || true
}

case $(certificate_state) in
  valid)
    echo "$child has joined already"
    pin=$(ficus pki inspect "$identity/roots.pem" --json | value pin)
    ;;
  revoked)
    echo "$child has joined already, and was revoked: left as it is"
    pin=$(ficus pki inspect "$identity/roots.pem" --json | value pin)
    ;;
  *)
    # Without an identity the child joins by itself.
    rm -rf "$state/identity"
    token=$(ficus token create --child "$child" --workloads "$workloads" --ttl 1h --json)
    pin=$(echo "$token" | value caPin)
    echo "$token" | value token >"$state/join-token.new"
    mv "$state/join-token.new" "$state/join-token"
    echo "$child is invited"
    ;;
esac

sed "s/sha256:0\{64\}/$pin/" "$configuration/$child.yaml" >"$state/child.yaml.new"
mv "$state/child.yaml.new" "$state/child.yaml"
