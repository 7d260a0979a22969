// SPDX-License-Identifier: GPL-2.0
#include "model/vbd.h"
#include "rules/identity.h"
#include "rules/owner.h"

/* Whether threads of blkback for two different disks made these maps. */
static bool serve_two_disks(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	u16 granter = ledger->domains[a->granter]->domid;
	u32 disk_a, disk_b;

	return a->kind == KIND_BLKBACK && a->task != b->task &&
	       vbd__of_blkback(map__task(ledger, a)->comm, granter, &disk_a) &&
	       vbd__of_blkback(map__task(ledger, b)->comm, granter, &disk_b) && disk_a != disk_b;
}

/* One device of one frontend grants a ref. */
bool identity__conflict(struct ledger *ledger, const struct map *a, const struct map *b)
{
	if (a->kind == b->kind)
		return serve_two_disks(ledger, a, b);
	if (kind__is_backend(a->kind) && kind__is_backend(b->kind))
		return true;
	if (a->kind == KIND_GNTDEV && kind__is_backend(b->kind))
		return owner__is_backend(ledger, a, kind__frontend_of(b->kind)) == SERVES_NO;
	return b->kind == KIND_GNTDEV && kind__is_backend(a->kind) &&
	       owner__is_backend(ledger, b, kind__frontend_of(a->kind)) == SERVES_NO;
}

/* Whether by Xen's trace the first map still existed when the second was made. */
static bool at_once_in_trace(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct stamp *sa = stamp__at(ledger, a->stamp), *sb = stamp__at(ledger, b->stamp);
	const struct map *first;

	if (!sa || !sb || a->mapper != b->mapper)
		return false;
	first = sa->hi <= sb->hi ? a : b;
	if (first->flags & MAP_CLOSED_UNSEEN)
		return false;
	return first->flags & MAP_OPEN ||
	       stamp__at(ledger, first->stamp)->end > max(sa->hi, sb->hi);
}

bool identity__at_once(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct map *first = a->at.out <= b->at.out ? a : b;
	const struct map *second = first == a ? b : a;

	if (a->mapper != b->mapper || a->status || b->status)
		return false;
	if (at_once_in_trace(ledger, a, b))
		return true;
	/*
	 * Both maps existed when the later call returned. A map whose unmap was not recorded is
	 * surely there only at its own call.
	 */
	return map__surely_from(ledger, second) <= map__surely_until(ledger, first);
}

/*
 * A kernel backend maps its frontend's pages again and again: its maps do not conflict with each
 * other.
 */
static bool are_rivals(const struct map *a, const struct map *b)
{
	return a->kind != b->kind || a->kind == KIND_GNTDEV || a->kind == KIND_UNKNOWN;
}

bool identity__is_contested(const struct ledger *ledger, const struct map *map)
{
	const struct map *other;
	u32 nr;

	if (map->flags & MAP_JUDGED)
		return false;
	for (nr = domain__ref(ledger->domains[map->granter], map->ref)->maps; nr;
	     nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->flags & MAP_OPEN &&
		    other->frame == map->frame && are_rivals(map, other))
			return true;
	}
	return false;
}
