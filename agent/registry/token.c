/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/token.h"
#include "base/file.h"

#include <string.h>
#include <sys/stat.h>

static int read_token(const char *path, char out[TOKEN_BYTES_MAX], struct err *e)
{
    struct buf b;
    int result = -1;

    buf_init(&b, TOKEN_BYTES_MAX - 1);
    if (file_read(path, &b, e)) {
        err_wrap(e, "serviceRegTokenFile");
        goto out;
    }
    struct str text = str_trim(buf_str(&b));
    if (!text.n || str_has_control(text)) {
        err_set(e, ERR_INVALID, "serviceRegTokenFile: %s: not one line with a token", path);
        goto out;
    }
    str_copy(out, TOKEN_BYTES_MAX, text);
    result = 0;
out:
    if (b.p)
        explicit_bzero(b.p, b.size);
    buf_free(&b);
    return result;
}

/* Is the file another one than was read? Notes what it is. */
static bool file_changed(struct token *t)
{
    struct stat st;

    if (stat(t->path, &st))
        return true; /* reading it tells why */
    int64_t changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    if (t->inode == st.st_ino && t->size == st.st_size && t->changed_ns == changed_ns)
        return false;
    t->inode = st.st_ino;
    t->size = st.st_size;
    t->changed_ns = changed_ns;
    return true;
}

int token_init(struct token *t, const char *path, struct err *e)
{
    *t = (struct token){.path = ""};
    if (!path || !*path)
        return 0;
    if (strlen(path) >= sizeof t->path)
        return err_set(e, ERR_INVALID, "serviceRegTokenFile: path too long");
    str_copy(t->path, sizeof t->path, str_z(path));
    file_changed(t);
    return read_token(t->path, t->text, e);
}

bool token_refresh(struct token *t, bool force, struct err *e)
{
    char text[TOKEN_BYTES_MAX] = "";
    bool changed;

    if (!*t->path || (!file_changed(t) && !force) || read_token(t->path, text, e))
        return false;
    changed = strcmp(text, t->text) != 0;
    memcpy(t->text, text, sizeof t->text);
    explicit_bzero(text, sizeof text);
    return changed;
}

void token_wipe(struct token *t)
{
    explicit_bzero(t, sizeof *t);
}
