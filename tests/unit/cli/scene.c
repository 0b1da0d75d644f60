/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "base/file.h"
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void file_set(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

int scene_setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    char path[128];

    folder_make(s->folder, "options");
    (void)snprintf(s->config, sizeof s->config, "%s/thalassa.conf", s->folder);
    (void)snprintf(s->program, sizeof s->program, "%s/build/release/bin", s->folder);
    (void)snprintf(path, sizeof path, "%s/templates", s->folder);
    if (file_make_folder(s->program, 0755, NULL) || file_make_folder(path, 0755, NULL))
        return -1;
    (void)snprintf(path, sizeof path, "%s/templates/default.haproxycfg.tmpl", s->folder);
    file_set(path, "x");
    (void)snprintf(path, sizeof path, "%s/templates/dev.haproxycfg.tmpl", s->folder);
    file_set(path, "x");
    s->world = (struct options_world){(char *const *)s->environment, s->config, s->program, 0};
    *state = s;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *s = *state;

    folder_remove(s->folder);
    free(s);
    return 0;
}

struct options *read_line(struct scene *s, const char *line)
{
    static struct arena arena;
    struct str rest = str_z(line), word;
    char *argv[WORDS_MAX] = {(char *)"thalassa"};
    int argc = 1;
    struct options *o;

    while ((word = str_word(&rest)).n) {
        size_t at;
        assert_true(argc < WORDS_MAX - 1);
        if (str_find(word, '~', &at))
            word = arena_printf(&arena, "%.*s%s%.*s", (int)at, word.p, s->folder,
                                (int)(word.n - at - 1), word.p + at + 1);
        argv[argc++] = (char *)arena_str(&arena, word).p;
    }
    o = options_read_in(&s->world, argc, argv, &s->call, &s->e);
    if (o && s->call.argument_count == 0)
        arena_free(&arena); /* else the arguments point there, until the next call */
    return o;
}

struct options *read_ok(struct scene *s, const char *line)
{
    struct options *o = read_line(s, line);

    if (!o)
        fail_msg("%s: %s", line, s->e.text);
    return o;
}

void read_fails(struct scene *s, const char *line, const char *words)
{
    struct options *o = read_line(s, line);

    options_free(o);
    assert_null(o);
    if (!strstr(s->e.text, words) || strchr(s->e.text, '\n'))
        fail_msg("%s: said: %s", line, s->e.text);
}

const char *in(const struct scene *s, const char *name)
{
    static char paths[4][160];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", s->folder, name);
    return path;
}
