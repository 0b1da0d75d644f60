/* SPDX-License-Identifier: Apache-2.0 */
#include "render/find.h"

static struct str name_of_frontend(const struct desired *d, size_t i)
{
    return d->frontends[i]->name;
}

static struct str name_of_backend(const struct desired *d, size_t i)
{
    return d->backends[i].object->name;
}

static struct str name_of_ruleset(const struct desired *d, size_t i)
{
    return d->rulesets[i].frontend;
}

/* Index of the name among `count`, or `count`. */
static size_t search(const struct desired *d, struct str name, size_t count,
                     struct str (*name_of)(const struct desired *, size_t))
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = str_cmp(name_of(d, middle), name);

        if (c == 0)
            return middle;
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return count;
}

const struct frontend *find_frontend(const struct desired *d, struct str name)
{
    size_t i = search(d, name, d->frontend_count, name_of_frontend);

    return i < d->frontend_count ? d->frontends[i] : NULL;
}

const struct desired_backend *find_backend(const struct desired *d, struct str name)
{
    size_t i = search(d, name, d->backend_count, name_of_backend);

    return i < d->backend_count ? &d->backends[i] : NULL;
}

const struct ruleset *find_ruleset(const struct desired *d, struct str frontend)
{
    size_t i = search(d, frontend, d->ruleset_count, name_of_ruleset);

    return i < d->ruleset_count ? &d->rulesets[i] : NULL;
}
