#!/usr/bin/env bash
#
# Makes an instance of EC2 an OCA: mounts its instance-store disks, gets its certificate, writes the agent's
# configuration and starts the agent. Runs at every boot and changes nothing that is done already.
#
# Reads /etc/oca-agent/site.env, which the launch template's user data wrote. OCA_ROOT stands for / in tests.
set -euo pipefail

root=${OCA_ROOT:-}
lib="$root/usr/lib/oca-agent"
etc="$root/etc/oca-agent"
state="$root/var/lib/oca-agent"
disks="$root/var/lib/oca/disks"
identity="$etc/identity.pem"

# shellcheck source=/dev/null
. "$etc/site.env"
: "${OCA_SITE_ID:?}" "${OCA_DOMAIN:?}" "${OCA_CONTROL_REGION:?}" "${OCA_TIER:?}" "${OCA_TOKENS:?}"
: "${OCA_EGRESS_BITS_PER_SECOND:?}" "${OCA_FILL_BITS_PER_SECOND:?}"

say() { echo "oca-prepare: $*"; }
oca() { node-24 "$lib/oca.cjs" "$@"; }
# One field of a JSON document on standard input.
field() {
  node-24 -e 'const text = require("fs").readFileSync(0, "utf8");
    process.stdout.write(String(JSON.parse(text)[process.argv[1]] ?? ""))' "$1"
}
web() { curl --silent --show-error --fail --max-time 20 --retry 3 "$@"; }

# Instance metadata, version 2. Source: Amazon EC2 User Guide, "Access instance metadata".
imds_token=$(web --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' \
  http://169.254.169.254/latest/api/token)
imds() { web --header "X-aws-ec2-metadata-token: $imds_token" "http://169.254.169.254/latest/meta-data/$1"; }

# An address that the instance does not have is a 404.
imds_or_nothing() { imds "$1" 2>/dev/null || true; }

# Disks of the instance store, by model: EBS volumes have another. Source: Amazon EC2 User Guide, "NVMe on Linux".
instance_store() {
  lsblk --nodeps --noheadings --paths --output NAME,SERIAL,MODEL |
    awk '/Amazon EC2 NVMe Instance Storage/ { print $1, $2 }'
}

# A filesystem a disk, known by its label, which comes from the serial number: device names change between boots. Of a
# blank disk, or one that is not ours, nothing is kept: the instance store is empty after each stop.
mount_disk() {
  local device=$1 name=$2 folder="$disks/$2"
  mkdir -p "$folder" || return
  if mountpoint --quiet "$folder"; then return; fi
  if [ "$(blkid --match-tag LABEL --output value "$device" || true)" != "$name" ]; then
    say "formatting $device as $name"
    mkfs.xfs -q -f -L "$name" "$device" || return
  fi
  mount -t xfs -o noatime,nodev,nosuid,noexec "LABEL=$name" "$folder" || return
  chown oca:oca "$folder"
}

# Mounts every disk and prints the "disks" of the agent's configuration; one that is broken is left out.
mount_disks() {
  local device serial name capacity separator=''
  while read -r device serial; do
    # XFS labels have at most 12 characters.
    name=$(printf 'oca-%s' "${serial: -8}" | tr '[:upper:]' '[:lower:]')
    mount_disk "$device" "$name" >&2 || { say "$device cannot be used" >&2; continue; }
    capacity=$(df --block-size=1 --output=size "$disks/$name" | tail -n 1 | tr -d ' ')
    printf '%s{"diskId":"%s","tier":"%s","path":"%s","capacityBytes":%s}' \
      "$separator" "$name" "$OCA_TIER" "$disks/$name" "$capacity"
    separator=','
  done
}

# $1: a PEM file whose certificate must be good for another hour.
is_valid() {
  node-24 -e 'const { X509Certificate } = require("crypto");
    const { validToDate } = new X509Certificate(require("fs").readFileSync(process.argv[1]));
    process.exit(validToDate - Date.now() > 3_600_000 ? 0 : 1)' "$1"
}

has_valid_identity() {
  local file
  for file in "$state/identity.pem" "$identity"; do
    if [ -s "$file" ] && is_valid "$file"; then return 0; fi
  done
  return 1
}

# The instance's role proves who asks; the private key stays here. Credentials go through a file descriptor, not through
# arguments that every process can read.
enrol() {
  local role credentials csr="$state/request.csr" certificate="$state/issued.pem"
  role=$(imds iam/security-credentials/)
  credentials=$(imds "iam/security-credentials/$role")
  oca identity request --identity-file "$identity" --out "$csr"
  node-24 -e 'const csr = require("fs").readFileSync(process.argv[1], "utf8");
    process.stdout.write(JSON.stringify({ csr }))' "$csr" |
    web --aws-sigv4 "aws:amz:$OCA_CONTROL_REGION:execute-api" \
      --config <(
        printf 'user = "%s:%s"\n' "$(field AccessKeyId <<<"$credentials")" \
          "$(field SecretAccessKey <<<"$credentials")"
        printf 'header = "x-amz-security-token: %s"\n' "$(field Token <<<"$credentials")"
      ) \
      --header 'content-type: application/json' --data-binary @- \
      "https://enrol.$OCA_DOMAIN/v1/enrolments" | field certificate >"$certificate"
  oca identity install "$certificate" --identity-file "$identity"
  chown oca:oca "$identity"
  rm -f "$csr" "$certificate"
  # One that was renewed here before has run out.
  rm -f "$state/identity.pem"
}

# The identity that the agent shows: the renewed one, once there is one.
shown_identity() { if [ -s "$state/identity.pem" ]; then echo "$state/identity.pem"; else echo "$identity"; fi; }

# Whose fill plans are followed: learned once, over TLS, from the control plane that our role let us enrol with.
plan_keys() {
  local file
  file=$(shown_identity)
  web --cert "$file" --key "$file" "https://control.$OCA_DOMAIN/v1/keys" |
    node-24 -e 'const { keys } = JSON.parse(require("fs").readFileSync(0, "utf8"));
      process.stdout.write(JSON.stringify(keys.filter(({ purpose }) => purpose === "fill-plan")))'
}

# $1: the disks. Public addresses: of a Wavelength Zone's instance it is the carrier's (assumption: the metadata service
# gives it as public-ipv4, as it does public addresses in a region).
write_config() {
  local oca_id ipv4 ipv6 keys listen='0.0.0.0'
  oca_id=$(imds instance-id) || return
  keys=$(plan_keys) || return
  ipv4=$(imds_or_nothing public-ipv4)
  ipv6=$(imds_or_nothing ipv6)
  if [ -z "$ipv4$ipv6" ]; then say 'the instance has no public address'; return 1; fi
  if [ "$keys" = '[]' ]; then say 'there is no key for fill plans yet'; return 1; fi
  # On :: it listens for IPv4 too.
  if [ -n "$ipv6" ]; then listen='::'; fi
  # The agent speaks HTTP in the clear, on the one port that the security group opens.
  cat >"$etc/agent.json.new" <<EOF
{
  "ocaId": "$oca_id",
  "siteId": "$OCA_SITE_ID",
  "controlUrl": "https://control.$OCA_DOMAIN",
  "identityFile": "$identity",
  "deliveryUrl": "http://$oca_id.$OCA_SITE_ID.oca.$OCA_DOMAIN:443",
  "publicAddresses": {${ipv4:+"\"ipv4\":\"$ipv4\""}${ipv4:+${ipv6:+,}}${ipv6:+"\"ipv6\":\"$ipv6\""}},
  "delivery": {
    "address": "$listen",
    "port": 443,
    "egressBitsPerSecondMax": $OCA_EGRESS_BITS_PER_SECOND
  },
  "management": { "address": "127.0.0.1", "port": 9080 },
  "stateDirectory": "$state",
  "disks": [$1],
  "trustedPlanKeys": $keys,
  "tokens": "$OCA_TOKENS",
  "fillBitsPerSecond": $OCA_FILL_BITS_PER_SECOND
}
EOF
  mv "$etc/agent.json.new" "$etc/agent.json"
}

main() {
  local disk_list
  mkdir -p "$disks" "$state"
  chown oca:oca "$state"
  disk_list=$(instance_store | mount_disks)
  [ -n "$disk_list" ] || { say 'no instance-store disk was found'; exit 1; }
  has_valid_identity || enrol
  # At a reboot while the control plane is away, the configuration of before will do.
  write_config "$disk_list" || [ -s "$etc/agent.json" ] || exit 1
  systemctl start --no-block oca-agent.service
  say 'ready'
}

main
