// SPDX-License-Identifier: GPL-2.0
/* Streams of a log, and their stretches, one for each boot. */
#include <string.h>

#include "explain/log_parser_internal.h"
#include "model/domid.h"

/* us; a larger step back of the kernel's time is another boot, a smaller one another CPU */
#define BOOT_US 5000000u

/* Xen and the domains on it share a serial log, so they share Xen's version. */
static void take_xen(struct log_stream *stream, const struct log_stream *xen)
{
	struct log_stretch *to = stream->stretch;

	if (stream != xen && stream->kind != STREAM_XEN && stream->host == xen->host &&
	    !to->shared && !to->xen[0])
		memcpy(to->xen, xen->stretch->xen, sizeof(to->xen));
}

void log_stream__begin_stretch(struct log_parser *parser, struct log_stream *stream)
{
	u32 boot = stream->stretch ? stream->stretch->boot + 1 : 0, i;

	stream->stretch =
		rules__new_stretch(parser->rules, stream->domid, boot, stream->kind == STREAM_XEN);
	/* This stream stands for all above the limit. */
	if (stream == &parser->stream[STREAMS - 1])
		stream->stretch->shared = true;
	stream->used = false;
	stream->uptime = 0;
	memset(stream->within_until, 0, sizeof(stream->within_until));
	for (i = 0; i < parser->nr_streams; i++)
		if (parser->stream[i].kind == STREAM_XEN)
			take_xen(stream, &parser->stream[i]);
}

void log_stream__share_xen(struct log_parser *parser, const struct log_stream *xen)
{
	u32 i;

	for (i = 0; i < parser->nr_streams; i++)
		take_xen(&parser->stream[i], xen);
}

struct log_stream *log_stream__find(struct log_parser *parser, const struct prefix *prefix)
{
	u16 domid = prefix->stream == STREAM_FILE    ? parser->domid
		    : prefix->stream == STREAM_GUEST ? prefix->domid
						     : DOMID_UNKNOWN;
	struct log_stream *stream;
	u32 i;

	for (i = 0; i < parser->nr_streams; i++) {
		stream = &parser->stream[i];
		if (stream->kind == prefix->stream && stream->domid == domid &&
		    stream->host == prefix->host)
			return stream;
	}
	/* Above the limit, the last stream is shared, and has no version. */
	if (parser->nr_streams == STREAMS)
		return &parser->stream[STREAMS - 1];
	stream = &parser->stream[parser->nr_streams++];
	*stream = (struct log_stream){.kind = prefix->stream, .domid = domid, .host = prefix->host};
	log_stream__begin_stretch(parser, stream);
	return stream;
}

/* A new boot in a journal concerns all of its streams. */
void log_stream__begin_boots(struct log_parser *parser)
{
	u32 i;

	/* Xen's stream first, as the others take its version. */
	for (i = 0; i < parser->nr_streams; i++)
		if (parser->stream[i].kind == STREAM_XEN)
			log_stream__begin_stretch(parser, &parser->stream[i]);
	for (i = 0; i < parser->nr_streams; i++)
		if (parser->stream[i].kind != STREAM_XEN)
			log_stream__begin_stretch(parser, &parser->stream[i]);
}

void log_stream__note_boot(struct log_parser *parser, struct log_stream *stream,
			   const struct prefix *prefix)
{
	if (!prefix->boot || prefix->boot == stream->boot)
		return;
	if (stream->boot)
		log_stream__begin_stretch(parser, stream);
	stream->boot = prefix->boot;
}

void log_stream__note_uptime(struct log_parser *parser, struct log_stream *stream,
			     const struct prefix *prefix)
{
	log_stream__note_boot(parser, stream, prefix);
	if (!prefix->has_uptime || stream->kind == STREAM_XEN)
		return;
	if (stream->uptime > prefix->uptime + BOOT_US)
		log_stream__begin_stretch(parser, stream);
	stream->uptime = prefix->uptime;
}
