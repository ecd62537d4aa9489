#!/bin/sh
# Fetches the nft of each Debian release in use and unpacks it, with all its libraries, into the folder $1: nothing is installed.
# nft-RELEASE there then runs it by its own loader. Debian's mirror is the one that this machine's apt has. Needs no root.
set -eu
folder=${1:?the folder to put them in}
releases='bullseye bookworm trixie sid'

# apt of one release, with lists, status and archives of its own.
apt_of() {
  release=$1
  shift
  apt-get -qq -o Dir::Etc::SourceList="$folder/$release/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State="$folder/$release" -o Dir::State::Lists="$folder/$release/lists" \
    -o Dir::State::status="$folder/$release/status" -o Dir::Cache="$folder/$release" \
    -o Dir::Cache::archives="$folder/$release/archives" -o Acquire::Languages=none -o APT::Sandbox::User= "$@"
}

mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
  sed -n "s/^$(. /etc/os-release && echo "$VERSION_CODENAME") main //p" | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$mirror" ] || { echo "No mirror of Debian is in this machine's apt sources." >&2; exit 1; }

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
for release in $releases; do
  # One that was made in a folder which has moved since does not run.
  ! "$folder/nft-$release" --version >/dev/null 2>&1 || continue
  rm -rf "${folder:?}/$release"
  mkdir -p "$folder/$release/lists/partial" "$folder/$release/archives/partial"
  : >"$folder/$release/status"
  echo "deb [signed-by=$keys] $mirror $release main" >"$folder/$release/sources.list"
  apt_of "$release" update
  # With nothing installed, all that nft needs comes with it.
  apt_of "$release" -y --no-install-recommends --download-only install nftables
  for package in "$folder/$release/archives"/*.deb; do dpkg-deb --extract "$package" "$folder/$release/root"; done
  loader=$(readlink -f "$(find "$folder/$release/root" -path '*-linux-gnu/ld-linux-*.so.2' | head -n 1)")
  libraries=$(find "$folder/$release/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
  rm -rf "$folder/$release/lists" "$folder/$release/archives"
  printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$loader" "$libraries" "$folder/$release/root/usr/sbin/nft" \
    >"$folder/nft-$release.new"
  chmod 755 "$folder/nft-$release.new"
  "$folder/nft-$release.new" --version
  mv "$folder/nft-$release.new" "$folder/nft-$release"
done
