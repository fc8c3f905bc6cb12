"""Drafts that wait for the county centre, and one that it sent back; made by the real actions."""

from datetime import datetime, timedelta

from teahorse.catalog import actions as catalog
from teahorse.catalog.content import ProductContent, VariantContent, content_of
from teahorse.catalog.models import Product, ProductDraft
from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, attribute_values, read, words
from teahorse.people.models import Organisation, Person

REVIEWER = "centre-qonggyai-review"


def load_drafts(*, now: datetime) -> None:
    """Write and submit the drafts of the content, unless drafts are there."""
    if ProductDraft.objects.exists():
        return
    for row in read("drafts.toml")["draft"]:
        _hand_in(row, now - timedelta(hours=row["hours_ago"]))


def _hand_in(row: Row, at: datetime) -> None:
    writer = Person.objects.get(pk=key_of("person", row["written_by"]))
    seller = Organisation.objects.get(key=row["seller"])
    product = Product.objects.get(pk=key_of("product", row["of"])) if "of" in row else None
    draft = catalog.start_draft(seller=seller, product=product, by=writer, now=at)
    content = _changed(product, row) if product else _new(row)
    draft = catalog.write_draft(draft=draft, content=content, by=writer, now=at)
    draft = catalog.submit_draft(draft=draft, by=writer, now=at)
    if reason := row.get("sent_back"):
        reviewer = Person.objects.get(pk=key_of("person", REVIEWER))
        catalog.send_back_draft(draft=draft, reason=reason, by=reviewer, now=at + timedelta(hours=5))


def _changed(product: Product, row: Row) -> ProductContent:
    content = content_of(product)
    for variant in content.variants:
        variant.price_fen = (variant.price_fen or 0) * (100 + row["raise_prices_percent"]) // 100
        if variant.list_price_fen and variant.list_price_fen <= variant.price_fen:
            variant.list_price_fen = None
    return content


def _new(row: Row) -> ProductContent:
    return ProductContent(
        title=words(row["title"]),
        story=words(row["story"]),
        keep=words(row["keep"]) if "keep" in row else {},
        category=row["category"],
        brand=row["brand"],
        drawing=row["drawing"],
        origin_area=row["origin_area"],
        origin_height_m=row["origin_height_m"],
        attributes=attribute_values(row["attributes"]),
        variants=[
            VariantContent(
                name=words(variant["name"]),
                price_fen=variant["price_fen"],
                list_price_fen=variant.get("list_price_fen"),
                weight_grams=variant["weight_grams"],
                volume_cm3=variant["volume_cm3"],
                nominal_grams=variant.get("nominal_grams"),
                attributes=attribute_values(variant.get("attributes", {})),
            )
            for variant in row["variants"]
        ],
    )
