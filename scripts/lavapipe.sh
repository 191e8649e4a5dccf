#!/usr/bin/env bash
# A software Vulkan driver for WebGPU in Node: Mesa lavapipe 25 from Debian's backports, unpacked under .cache/lavapipe
# beside the system's own Mesa, which it leaves alone. Prints the variables that make programs use it:
#   eval "$(scripts/lavapipe.sh)"
# The tests set them by themselves where the folder exists.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder="$PWD/.cache/lavapipe"
driver="$folder/driver.json"
suite=bookworm-backports

say() { echo "lavapipe: $*" >&2; }

as_root=()
[[ "$(id -u)" == 0 ]] || as_root=(sudo)

# The loader, and by way of the older drivers the libraries that the new one links to.
install_loader() {
  local package
  for package in libvulkan1 mesa-vulkan-drivers; do
    if ! dpkg-query --show --showformat '${Status}' "$package" 2> /dev/null | grep -q 'ok installed'; then
      say 'installing libvulkan1 and mesa-vulkan-drivers'
      "${as_root[@]}" apt-get update >&2
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends libvulkan1 mesa-vulkan-drivers >&2
      return
    fi
  done
}

# The machine's own source of bookworm, with the suite replaced.
write_source() {
  local file
  shopt -s nullglob
  for file in /etc/apt/sources.list.d/*.sources; do
    if grep -qE '^Suites:.*\bbookworm\b' "$file"; then
      # The first paragraph that has bookworm itself.
      awk -v suite="$suite" 'BEGIN { RS = ""; ORS = "\n" }
        /(^|\n)Suites:[^\n]*[ \t]bookworm([ \t\n]|$)/ {
          sub(/(^|\n)Suites:[^\n]*/, "\nSuites: " suite); sub(/^\n/, ""); print; exit
        }' "$file" > "$folder/backports.sources"
      [[ -s "$folder/backports.sources" ]] && echo "$folder/backports.sources" && return
    fi
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -f "$file" ]] || continue
    if grep -qE '^deb .*[ ]bookworm[ ]' "$file"; then
      grep -m1 -E '^deb .*[ ]bookworm[ ]' "$file" | sed "s/ bookworm / $suite /" > "$folder/backports.list"
      echo "$folder/backports.list"
      return
    fi
  done
  say 'no Debian bookworm source in /etc/apt: on another system, install Mesa 24 or newer and set VK_DRIVER_FILES'
  return 1
}

unpack() {
  say "unpacking Mesa from $suite into .cache/lavapipe"
  rm -rf "$folder/root" "$folder"/*.deb
  mkdir -p "$folder/lists/partial" "$folder/archives/partial"
  local source
  source="$(write_source)"
  local options=(
    -o "Dir::Etc::sourcelist=$source" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder" -o "Dir::Cache::archives=$folder/archives"
    -o APT::Sandbox::User=
  )
  apt-get "${options[@]}" update >&2
  (cd "$folder" && apt-get "${options[@]}" download "mesa-vulkan-drivers/$suite" >&2)
  dpkg-deb -x "$folder"/mesa-vulkan-drivers_*.deb "$folder/root.part"
  mv "$folder/root.part" "$folder/root"
}

library() { find "$folder/root" -name libvulkan_lvp.so 2> /dev/null | head -n 1; }

install_loader
[[ -n "$(library)" ]] || unpack

mkdir -p "$folder/run"
chmod 700 "$folder/run"
description="$(find "$folder/root/usr/share/vulkan/icd.d" -name 'lvp_icd*.json' | head -n 1)"
sed "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"$(library)\"|" "$description" > "$driver"

echo "export VK_DRIVER_FILES='$driver'"
echo "export XDG_RUNTIME_DIR='$folder/run'"
# Tests run many kernels a few times each: compiling them well would take longer than it saves.
echo "export GALLIVM_PERF='nopt'"
