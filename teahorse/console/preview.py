"""A draft as its buyer will see it."""

from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from teahorse.catalog import queries
from teahorse.catalog.content import ProductContent
from teahorse.catalog.definitions import in_words
from teahorse.catalog.models import Picture, Product
from teahorse.catalog.pictures import PictureUrls, picture_urls
from teahorse.console.access import Context
from teahorse.console.words import said
from teahorse.people.models import Organisation
from teahorse.places import queries as places


def return_rules() -> list[tuple[str, str]]:
    """Return the rules for returns with their names."""
    words = {
        Product.ReturnRule.SEVEN_DAYS: _("Seven days to send it back"),
        Product.ReturnRule.FRESH: _("Fresh goods: no return without a reason"),
        Product.ReturnRule.CUSTOM: _("Made to order: no return without a reason"),
        Product.ReturnRule.CONFIRMED: _("Loses its worth when opened: the buyer confirms that it does not go back without a reason"),
    }
    return [(rule.value, word) for rule, word in words.items()]


def pictures_of(document: ProductContent, seller: Organisation) -> list[tuple[UUID, PictureUrls]]:
    """Return the pictures that a document names and that the seller has, with their addresses."""
    found = Picture.objects.filter(seller=seller).in_bulk(document.pictures)
    return [(key, picture_urls(found[key])) for key in document.pictures if key in found]


def preview_of(document: ProductContent, seller: Organisation) -> Context:
    """Return what a template needs to show a document as the buyer sees it."""
    language = get_language() or "zh-hans"
    category = next((one for one in queries.categories() if one.slug == document.category), None)
    area = next(iter(reversed(places.path(document.origin_area))), None) if document.origin_area else None
    return {
        "shown": {
            "title": said(document.title),
            "story": said(document.story),
            "keep": said(document.keep),
            "drawing": document.drawing,
            "pictures": [urls for _key, urls in pictures_of(document, seller)],
            "category": category,
            "origin": places.full_name(area.code, language) if area else "",
            "height_m": document.origin_height_m,
            "season": _season(document),
            "is_traceable": document.is_traceable,
            "return_rule": dict(return_rules()).get(document.return_rule, ""),
            "variants": [
                (said(variant.name), variant, in_words(category.variant_attributes if category else (), variant.attributes, language))
                for variant in document.variants
            ],
            "attributes": in_words(category.attributes if category else (), document.attributes, language),
            "seller": seller,
        }
    }


def _season(document: ProductContent) -> str:
    if document.season_from is None or document.season_to is None:
        return ""
    days = (document.season_from, document.season_to)
    return " – ".join(f"{day // 100}-{day % 100}" for day in days)
