/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    bool debug, journal;
} sink;

void log_open(bool debug)
{
    sink.debug = debug;
    sink.journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR: return "error";
    case LOG_LEVEL_WARN: return "warning";
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_DEBUG: return "debug";
    }
    return "?";
}

/* journald has its own time, a terminal has none. */
static void print_with_time(enum log_level level, const char *line)
{
    char when[32];
    struct timespec now;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &tm));
    (void)fprintf(stderr, "%s.%03ldZ %s: %s\n", when, now.tv_nsec / 1000000, level_name(level),
                  line);
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[2048];
    va_list ap;

    if (level == LOG_LEVEL_DEBUG && !sink.debug)
        return;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = *c == '\n' || *c == '\t' ? ' ' : '?';
    }
    if (sink.journal)
        (void)fprintf(stderr, "<%d>%s\n", (int)level, line);
    else
        print_with_time(level, line);
}
