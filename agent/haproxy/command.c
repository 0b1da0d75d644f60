/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/command.h"

static int refuse(struct str text, const char *why, struct err *e)
{
    char shown[61];

    str_copy(shown, sizeof shown, text);
    for (char *p = shown; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return err_set(e, ERR_INVALID, "command \"%s\": %s", shown, why);
}

static bool ends_in_payload(struct str text)
{
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != ' ')
        at--;
    for (; at + 1 < text.n; at++)
        if (text.p[at] == '<' && text.p[at + 1] == '<')
            return true;
    return false;
}

int command_check(struct str text, size_t max, struct err *e)
{
    bool escaped = false;

    if (str_trim(text).n == 0)
        return refuse(text, "empty", e);
    if (text.n > max)
        return refuse(text, "too long", e);
    if (str_has_control(text))
        return refuse(text, "control characters", e);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ';' && !escaped)
            return refuse(text, "';' would begin a second command", e);
        escaped = text.p[i] == '\\' && !escaped;
    }
    if (escaped)
        return refuse(text, "ends in an escape", e);
    if (ends_in_payload(text))
        return refuse(text, "\"<<\" would begin a payload", e);
    return 0;
}

bool command_reads(struct str text)
{
    struct str word = str_word(&text);

    if (word.n && word.p[0] == '@') /* "@1 show ...": for one process */
        word = str_word(&text);
    return str_eq(word, STR("show")) || str_eq(word, STR("get"));
}
