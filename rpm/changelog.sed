# Converts debian/changelog to the changelog of an RPM spec.
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
