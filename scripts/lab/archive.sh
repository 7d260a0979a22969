# Access to Debian's archive by apt with a private state: this machine's apt is not changed, and root is not needed.
# shellcheck shell=bash

# The Debian archive in this machine's apt configuration
apt_site() { # PATTERN: the first archive with a matching release
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk -v want="$1" '$1 == "Debian" && $2 ~ want { print $3; exit }'
}

# Fetches package lists of the suite. Sets apt, the options which every call of apt-get and apt-cache needs.
archive__open() { # WORK deb|deb-src SUITE EXTRA
	local work=$1 type=$2 suite=$3 extra=$4 mirror security signed='' keyring
	mirror=${LAB_MIRROR:-$(apt_site '^[a-z]+$')}
	security=${LAB_SECURITY_MIRROR:-$(apt_site '-security$')}
	if [ -z "$mirror" ] && [ -r /usr/sbin/debootstrap ]; then
		mirror=$(sed -n 's/^DEF_MIRROR="\(.*\)"/\1/p' /usr/sbin/debootstrap | head -n 1)
	fi
	[ -n "$mirror" ] || die "no Debian archive in this machine's apt configuration; set LAB_MIRROR to one"

	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -r "$keyring" ] || signed="[signed-by=$keyring]"
	{
		echo "$type $signed $mirror $suite main"
		[ "$extra" = - ] || echo "$type $signed $mirror $extra main"
		[ -z "$security" ] || echo "$type $signed $security $suite-security main"
	} > "$work/sources.list"

	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/none"
	: > "$work/apt/status"
	apt=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/apt/none"
		-o Dir::Etc::preferences="$work/apt/none/no" -o Dir::Etc::preferencesparts="$work/apt/none"
		-o Dir::State::Lists="$work/apt/lists" -o Dir::State::status="$work/apt/status"
		-o Dir::Cache::Archives="$work/apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Install-Recommends=false
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 -q=2)

	say "package lists of $suite"
	apt-get "${apt[@]}" update >&2
}
