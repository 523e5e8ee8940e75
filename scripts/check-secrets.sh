#!/bin/sh
# Fails when something secret is compared as text: == on a String ends at the first byte that differs, and the time it takes tells an
# attacker how far a guess was right. Secrets are compared by SecretDigest, whose == is that of swift-crypto's digests and takes the
# same time wherever they differ. A line where nobody can measure, or nothing is secret, says so: "// compared as text: WHY".
set -eu
. "$(dirname "$0")/common.sh"
cd "$root"

name='([Ss]ecret|[Tt]oken|[Pp]ass(word|phrase)|[Bb]earer|[Nn]once|[Vv]erifier|[Cc]ookie|[Ss]ession(ID)?|[Cc]redential|[Pp]roof|signInCode)'
# What a secret is still in another shape.
shape='(\(\))?[?!]*(\.(text|value|utf8|description|rawValue|unicodeScalars))*[?!]*'
# What is compared with these is not compared with a secret.
plain='nil|true|false|[0-9"#]|\.[a-z]|[A-Za-z.]*(count|isEmpty|[Dd]igest)'

# Prints the lines that compare, with their numbers.
comparing() {
    grep -nE -e "(^|[^A-Za-z0-9_])[A-Za-z0-9_.?!]*$name$shape *(==|!=) " -e "(==|!=) [A-Za-z0-9_.?!]*$name$shape([^A-Za-z0-9_.(?!]|\$)" \
        -e "$name$shape\.(elementsEqual|hasPrefix|hasSuffix|starts)\(" -e "(elementsEqual|starts\(with:|hasPrefix)\(?[ A-Za-z0-9_.]*$name$shape\)" \
        "$@" | grep -vE -e "$name$shape *(==|!=) *($plain)" -e '(==|!=) *\.[a-z]' -e "(^|[^A-Za-z])($plain) *(==|!=) *[A-Za-z0-9_.?!]*$name" -e '// compared as text: ' \
        -e '^[^:]*:?[0-9]+: *///?' || true
}

# A rule that finds nothing must be known to find what it is for.
for line in 'guard token == expected else { return }' 'if cookie.value != session { }' 'return given == self.password' \
    'secret.utf8.elementsEqual(other)' 'x.elementsEqual(access.token.utf8)' 'if bearer.hasPrefix(token) { }' 'found.first { $0.nonce == nonce }'; do
    [ -n "$(printf '%s\n' "$line" | comparing)" ] || die "the rule does not see: $line"
done
for line in 'guard token == nil else { return }' 'if case .token(let token) = mode, token.digest == digest { }' 'nonce.count == 64' \
    'if token.user == user { }' 'guard proof == .bearer(digest) else { return }' 'guard access == .token else { return }' '/// Whether token == other.'; do
    [ -z "$(printf '%s\n' "$line" | comparing)" ] || die "the rule takes for a secret: $line"
done

found=$(find Sources/srun Sources/Store* -name '*.swift' | sort | while read -r file; do
    comparing "$file" | sed "s|^|$file:|"
done)
[ -z "$found" ] || { printf '%s\n' "$found" >&2; die "a secret is compared as text; compare by SecretDigest"; }
say "no secret is compared as text"
