/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: stderr with a <N> priority prefix under journald (JOURNAL_STREAM), else plain stderr.
 * One line per event; control characters in the text are shown as '?'. Never a secret. */
#ifndef THALASSA_BASE_LOG_H
#define THALASSA_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_open(bool debug); /* debug lines are dropped unless `debug` */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
