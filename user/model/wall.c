// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/wall.h"

static u64 distance(s64 a, s64 b)
{
	return a > b ? (u64)a - (u64)b : (u64)b - (u64)a;
}

/* At the limit, drops every second point, and adds only larger changes from now on. */
static void thin(struct wall *wall)
{
	u32 i;

	for (i = 1; 2 * i < wall->nr; i++)
		wall->point[i] = wall->point[2 * i];
	wall->nr = i;
	wall->tolerance *= 2;
}

void wall__add(struct wall *wall, u64 at, u64 real)
{
	struct wall_point *last = wall->nr ? &wall->point[wall->nr - 1] : NULL;
	s64 off = (s64)(real - at);

	if (!real || real > WALL_MAX || at > WALL_AT_MAX || (last && at <= wall->last))
		return;
	if (!wall->tolerance)
		wall->tolerance = NSEC_PER_MSEC;
	if (last && distance(off, last->off) > distance(wall->step, 0) &&
	    distance(off, last->off) > WALL_STEP) {
		wall->step = off - last->off;
		wall->step_from = wall->last;
		wall->step_to = at;
	}
	wall->last = at;
	if (last && distance(off, last->off) <= wall->tolerance)
		return;
	if (wall->nr == WALL_POINTS)
		thin(wall);
	wall->point[wall->nr++] = (struct wall_point){at, off};
}

u64 wall__at(const struct wall *wall, u64 at)
{
	u32 i = wall->nr;
	u64 real;

	if (!wall->nr || at > WALL_AT_MAX)
		return 0;
	while (i > 1 && wall->point[i - 1].at > at)
		i--;
	real = at + (u64)wall->point[i - 1].off;
	return real > WALL_MAX ? 0 : real;
}

static void widen(u64 real, u64 *earliest, u64 *latest)
{
	if (!real)
		return;
	*earliest = min(*earliest, real);
	*latest = max(*latest, real);
}

bool wall__range(const struct wall *wall, u64 from, u64 to, u64 *earliest, u64 *latest)
{
	u32 i;

	*earliest = UINT64_MAX;
	*latest = 0;
	widen(wall__at(wall, from), earliest, latest);
	widen(wall__at(wall, to), earliest, latest);
	for (i = 1; i < wall->nr; i++) {
		u64 at = wall->point[i].at;

		if (at <= from || at > to)
			continue;
		widen(wall__at(wall, at - 1), earliest, latest);
		widen(wall__at(wall, at), earliest, latest);
	}
	return *latest;
}

const char *wall__text(u64 real, char *buf, size_t size)
{
	const time_t seconds = (time_t)(real / NSEC_PER_SEC);
	struct tm tm;
	size_t len;

	buf[0] = '\0';
	if (!real || real > WALL_MAX || !gmtime_r(&seconds, &tm))
		return buf;
	len = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, size - len, ".%03u+00:00",
		 (unsigned int)(real % NSEC_PER_SEC / NSEC_PER_MSEC));
	return buf;
}

/* Up to nine digits of a fraction, in ns. */
static u64 parse_fraction(const char **pos)
{
	u64 ns = 0, unit = NSEC_PER_SEC;

	for (; **pos >= '0' && **pos <= '9'; (*pos)++) {
		unit /= 10;
		ns += unit * (u64)(**pos - '0');
	}
	return ns;
}

/* Reads minutes to subtract. Returns false without an offset from UTC. */
static bool parse_offset(const char *pos, s64 *minutes)
{
	unsigned int h, m;
	char sign;
	int used = 0;

	*minutes = 0;
	if (!*pos || !strcmp(pos, "Z"))
		return true;
	if (sscanf(pos, "%c%2u:%2u%n", &sign, &h, &m, &used) != 3 || pos[used] || h > 23 ||
	    m > 59 || !strchr("+-", sign))
		return false;
	*minutes = (s64)(60 * h + m) * (sign == '-' ? -1 : 1);
	return true;
}

bool wall__parse(const char *text, u64 *real)
{
	struct tm tm = {};
	const char *pos = strptime(text, "%Y-%m-%d", &tm);
	u64 fraction = 0;
	s64 minutes, seconds;

	if (!pos || !strchr("Tt ", *pos) || !*pos)
		return false;
	pos = strptime(pos + 1, "%H:%M:%S", &tm);
	if (!pos)
		return false;
	if (*pos == '.') {
		pos++;
		fraction = parse_fraction(&pos);
	}
	if (!parse_offset(pos, &minutes))
		return false;
	seconds = (s64)timegm(&tm) - 60 * minutes;
	if (seconds <= 0 || (u64)seconds >= WALL_MAX / NSEC_PER_SEC)
		return false;
	*real = (u64)seconds * NSEC_PER_SEC + fraction;
	return true;
}
