"""models list, show, verify: the installed model packages."""

import json
from typing import Annotated, Any

import typer

from medgan_viewer.cli.shared import JsonOption, package_roots, print_json, say

app = typer.Typer(help="Installed model packages and their cards.", rich_markup_mode=None)

IdArgument = Annotated[str, typer.Argument(help="Id of a package, or its folder.")]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List the installed model packages."""
    from medgan_viewer.generators.package import find_packages

    packages, unusable = find_packages(package_roots())
    if as_json:
        document = [
            {
                "id": package.id,
                "name": package.manifest.name,
                "version": package.manifest.version,
                "task": package.manifest.task.value,
                "architecture": package.manifest.architecture.name,
                "trust": package.trust.value,
            }
            for package in packages
        ]
        print_json({"models": document})
        return
    for package in packages:
        manifest = package.manifest
        say(f"{package.id}  {package.title}  {manifest.task.value}  {package.trust.value}")
    if not packages:
        say("No model packages are installed.")
    for broken in unusable:
        say(f"Not usable: {broken.error.problem}", is_error=True)


@app.command("show")
def show(model: IdArgument, as_json: JsonOption = False) -> None:
    """Print the manifest (--json) or the card of a model."""
    from medgan_viewer.generators.package import read_card, resolve_package

    package = resolve_package(model, package_roots())
    if not as_json:
        typer.echo(read_card(package))
        return
    document: dict[str, Any] = json.loads(package.manifest.model_dump_json(exclude_none=True))
    document["labels"] = [label.name for label in package.manifest.labels]
    document["directions"] = [
        {"name": entry.name, "kind": entry.kind, "range_sd": list(entry.range_sd)}
        for entry in package.manifest.directions
    ]
    print_json(document)


@app.command("verify")
def verify(model: IdArgument, as_json: JsonOption = False) -> None:
    """Recompute hashes, load the network, make one image and say what was seen."""
    from medgan_viewer.generators.package import resolve_package
    from medgan_viewer.inference.verify import verify_package

    report = verify_package(resolve_package(model, package_roots()))
    if as_json:
        print_json(report.to_json())
        return
    for line in report.lines():
        say(line)
