# The changelog of a spec from debian/changelog, an entry of one release each.
/^grantwatch (/{
	s/^grantwatch (\([^)]*\)).*/\1/
	h
}
/^  \* /{
	s/^  \* /- /
	H
}
/^ -- /{
	s/^ -- \(.*\)  \(...\), 0*\([0-9]*\) \(...\) \([0-9]*\) .*/* \2 \4 \3 \5 \1/
	G
	s/\n\([^\n]*\)/ - \1-1/
	p
	s/.*//p
}
