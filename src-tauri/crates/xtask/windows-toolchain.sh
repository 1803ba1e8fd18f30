#!/bin/bash
# Makes this machine able to build for Windows (x86_64-pc-windows-gnu) and to run the result under Wine. Run it again at
# any time: what is there is kept. It ends by building and running a small program; its last line says what was used.
#
#   windows-toolchain.sh [rustup|debian]
#
# Two ways to a Windows standard library; without an argument the second is taken where the first does not work:
#   rustup   `rustup target add`: the pinned compiler, seconds
#   debian   where rustup cannot download: Debian's rustc-web packages, unpacked and not installed, and the standard
#            library compiled from their sources; minutes. rustup and an installed rustc are left as they are
#
# It needs mingw-w64 and wine64 (the check system-packages installs them) and makes, in $RUST_WINDOWS (default
# ~/.local/share/rust-windows):
#   bin/cargo-windows   cargo for the target; same arguments, no --target needed; tests run under Wine
#   bin/wine-windows    Wine with the prefix below
#   wine/               a Wine prefix with the one library that Rust programs need and Wine 8 lacks
set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
PLACE=${RUST_WINDOWS:-$HOME/.local/share/rust-windows}
TARGET=x86_64-pc-windows-gnu
TOOLCHAIN=$PLACE/toolchain
MINGW=x86_64-w64-mingw32
WINE=/usr/lib/wine/wine64
WINESERVER=/usr/lib/wine/wineserver
# Newer releases have them elsewhere.
[ -x "$WINE" ] || WINE=$(command -v wine64 || command -v wine || true)
[ -x "$WINESERVER" ] || WINESERVER=$(command -v wineserver || true)
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

say() { printf '[%4ss] %s\n' "$SECONDS" "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Written aside and then moved: another run may be reading it.
install_script() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  chmod 755 "$1.new"
  mv "$1.new" "$1"
}

# --- Wine --------------------------------------------------------------------------------------------------------------

write_wine_wrapper() {
  install_script "$PLACE/bin/wine-windows" <<END
#!/bin/bash
# Runs a Windows program. Written by windows-toolchain.sh.
# No questions about Mono and Gecko, no menu entries on the host. MSSP_UNDER_WINE tells a test what it runs on.
export WINEPREFIX="$PLACE/wine" WINEARCH=win64 WINEDEBUG=\${WINEDEBUG:--all} MSSP_UNDER_WINE=1
export WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
exec "$WINE" "\$@"
END
}

make_wine_prefix() {
  local system32=$PLACE/wine/drive_c/windows/system32 builtin
  if [ ! -e "$PLACE/wine/.complete" ]; then
    say "making a Wine prefix"
    rm -rf "$PLACE/wine"
    # Its status says nothing about the result, and it ends before its last files are written.
    timeout 180 "$PLACE/bin/wine-windows" wineboot -i >/dev/null 2>&1 || true
    [ -z "$WINESERVER" ] || WINEPREFIX=$PLACE/wine timeout 60 "$WINESERVER" -w || true
    [ -d "$system32" ] || fail "wineboot made no prefix"
    touch "$PLACE/wine/.complete"
  fi
  # Rust takes its random numbers from ProcessPrng. Without this library a program ends with c0000135 and not a word.
  builtin=$(find /usr/lib /opt -path '*x86_64-windows/bcryptprimitives.dll' -print -quit 2>/dev/null || true)
  if [ -n "$builtin" ] || [ -e "$system32/bcryptprimitives.dll" ]; then return; fi
  say "adding bcryptprimitives.dll to the Wine prefix"
  cat >"$SCRATCH/prng.c" <<'END'
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 65536 ? 65536 : (ULONG)length;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    return TRUE;
}
END
  $MINGW-gcc -O2 -s -shared -o "$SCRATCH/bcryptprimitives.dll" "$SCRATCH/prng.c" -ladvapi32
  cp "$SCRATCH/bcryptprimitives.dll" "$system32/"
}

# --- the two ways ------------------------------------------------------------------------------------------------------

# $1: the cargo to start; $2: what must be set for it.
write_cargo_wrapper() {
  install_script "$PLACE/bin/cargo-windows" <<END
#!/bin/bash
# cargo for $TARGET. Written by windows-toolchain.sh.
export CARGO_BUILD_TARGET=$TARGET
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$MINGW-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="$PLACE/bin/wine-windows"
export CC_x86_64_pc_windows_gnu=$MINGW-gcc CXX_x86_64_pc_windows_gnu=$MINGW-g++ AR_x86_64_pc_windows_gnu=$MINGW-ar
$2
exec "$1" "\$@"
END
}

way_of_rustup() {
  command -v rustup >/dev/null || fail "no rustup here"
  say "rustup target add $TARGET"
  # In the checkout, so that the target comes to the pinned compiler. Without a network rustup would try for long.
  (cd "$HERE" && timeout 240 rustup target add $TARGET)
  # It shares the target directory: build scripts and macros are those of the host's builds.
  write_cargo_wrapper cargo ""
}

candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9].*\)/\1/p'; }

# The first package of a name pattern on which another one depends.
dependency() {
  local all
  all=$(apt-cache show "$1" | sed -n '/^Depends:/p' | grep -o "$2") || true
  printf '%s\n' "${all%%$'\n'*}"
}

way_of_debian() {
  # What Debian's cargo and LLVM are linked against, and patchelf so that the unpacked tree finds its own libraries.
  local needed=(patchelf libgit2-1.5 libcurl4 libssh2-1 libsqlite3-0 libssl3 libedit2 libxml2 libz3-4 libzstd1 libffi8 zlib1g)
  local lacking=() package root=(env) version wanted
  [ "$(id -u)" = 0 ] || root=(sudo env)
  root+=(DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -q)
  for package in "${needed[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || lacking+=("$package")
  done
  if [ ${#lacking[@]} -gt 0 ] || [ -z "$(candidate rustc-web)" ]; then
    "${root[@]}" update || say "the update had trouble; going on"
  fi
  if [ ${#lacking[@]} -gt 0 ]; then
    say "installing ${lacking[*]}: Debian's cargo and compiler are linked against them"
    "${root[@]}" install -y --no-install-recommends "${lacking[@]}"
  fi
  version=$(candidate rustc-web)
  [ -n "$version" ] || fail "no rustc-web among the apt sources (Debian 12 has it in bookworm-security)"
  wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$HERE/../../../Cargo.toml" | head -n 1)
  dpkg --compare-versions "$version" ge "$wanted" || fail "rustc-web is $version, the workspace needs $wanted"
  unpack_toolchain "$version"
  compile_std
  # Its own target directory: two compilers in one rebuild each other's build scripts and macros.
  write_cargo_wrapper "$TOOLCHAIN/bin/cargo" "unset RUSTUP_TOOLCHAIN RUSTC_WRAPPER LD_LIBRARY_PATH
export PATH=\"$TOOLCHAIN/bin:\$PATH\" RUSTC=\"$TOOLCHAIN/bin/rustc\" RUSTDOC=\"$TOOLCHAIN/bin/rustdoc\"
export CARGO_TARGET_DIR=\${CARGO_TARGET_DIR:-target/win}"
}

unpack_toolchain() {
  local version=$1 std llvm file
  if [ "$(cat "$TOOLCHAIN/.version" 2>/dev/null)" = "$version" ]; then return; fi
  std=$(dependency "libstd-rust-web-dev=$version" 'libstd-rust-web-[0-9.]*[0-9]')
  [ -n "$std" ] || fail "cannot tell the std package of rustc-web $version"
  llvm=$(dependency "$std=$version" 'libllvm[0-9]*')
  [ -n "$llvm" ] || fail "cannot tell the LLVM package of rustc-web $version"

  say "downloading rustc-web $version with its sources, cargo, clippy and $llvm"
  mkdir "$SCRATCH/packages" "$SCRATCH/unpacked"
  (cd "$SCRATCH/packages" && apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=3 download "rustc-web=$version" \
    "cargo-web=$version" "rust-web-clippy=$version" "rust-web-src=$version" "libstd-rust-web-dev=$version" "$std=$version" "$llvm")
  for file in "$SCRATCH"/packages/*.deb; do dpkg-deb -x "$file" "$SCRATCH/unpacked"; done
  rm -rf "$TOOLCHAIN"
  mkdir -p "$PLACE"
  mv "$SCRATCH/unpacked/usr" "$TOOLCHAIN"
  # Relocatable: programs and compiler find their libraries beside themselves.
  for file in "$TOOLCHAIN"/bin/*; do patchelf --set-rpath '$ORIGIN/../lib/x86_64-linux-gnu' "$file"; done
  for file in "$TOOLCHAIN"/lib/x86_64-linux-gnu/librustc_driver-*.so; do patchelf --set-rpath '$ORIGIN' "$file"; done
  for file in rustc cargo; do
    env -u LD_LIBRARY_PATH "$TOOLCHAIN/bin/$file" --version || fail "the unpacked $file does not start"
  done
  echo "$version" >"$TOOLCHAIN/.version"
}

# Once, in release mode, into the unpacked tree: from then on it is an ordinary installed target, without -Z build-std.
compile_std() {
  local folder=$TOOLCHAIN/lib/rustlib/$TARGET/lib sources commit
  if [ -e "$folder/.complete" ]; then return; fi
  say "compiling the standard library for $TARGET (minutes)"
  sources=$(readlink -f "$TOOLCHAIN/lib/rustlib/src/rust")
  commit=$(env -u LD_LIBRARY_PATH "$TOOLCHAIN/bin/rustc" -vV | sed -n 's/^commit-hash: //p')
  # RUSTC_BOOTSTRAP: std is written in the unstable language; the flag marks its own dependencies as private to it.
  env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS -u LD_LIBRARY_PATH -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER \
    PATH="$TOOLCHAIN/bin:$PATH" RUSTC="$TOOLCHAIN/bin/rustc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$SCRATCH/std" \
    CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes --remap-path-prefix=$sources=/rustc/$commit" \
    "$TOOLCHAIN/bin/cargo" build --quiet --release --locked --target $TARGET \
    --manifest-path "$sources/library/sysroot/Cargo.toml" --features "panic-unwind backtrace"
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$SCRATCH/std/$TARGET"/release/deps/*.rlib "$folder/"
  rm -f "$folder"/libsysroot-*.rlib   # the empty crate that only names the others
  touch "$folder/.complete"
}

# A thread and a caught panic: both want more of std and of the linker than a greeting does.
prove() {
  local crate=$SCRATCH/proof said
  rm -rf "$crate"
  mkdir -p "$crate/src"
  printf '[package]\nname = "proof"\nversion = "0.1.0"\nedition = "2024"\n[workspace]\n' >"$crate/Cargo.toml"
  cp "$HERE/../../../rust-toolchain.toml" "$crate/"
  cat >"$crate/src/main.rs" <<'END'
fn main() {
    let caught = std::thread::spawn(|| std::panic::catch_unwind(|| panic!("on purpose")).is_err()).join();
    println!("{} {:?}", std::env::consts::OS, caught.ok());
}
END
  said=$(cd "$crate" && CARGO_TARGET_DIR=$crate/target RUST_BACKTRACE=0 timeout 300 "$PLACE/bin/cargo-windows" run --quiet) || true
  said=${said%$'\r'}
  [ "$said" = "windows Some(true)" ] || fail "the small program said: $said"
}

command -v $MINGW-gcc >/dev/null || fail "$MINGW-gcc is not installed"
[ -n "$WINE" ] || fail "wine64 is not installed"
write_wine_wrapper
make_wine_prefix
used=
for way in ${1:-rustup debian}; do
  # Not `if ( … )`: in a condition, bash goes on after errors.
  set +e
  (set -e; "way_of_$way"; prove)
  status=$?
  set -e
  if [ $status = 0 ]; then used=$way; break; fi
  say "the way of $way does not work here"
done
[ -n "$used" ] || fail "no way to a Windows standard library"
say "it works"
cd "$HERE"
echo "$("$PLACE/bin/cargo-windows" --version | cut -d' ' -f1,2) by way of $used, $("$PLACE/bin/wine-windows" --version)"
