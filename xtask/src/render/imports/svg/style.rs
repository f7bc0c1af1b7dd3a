//! The colours of a light page, and of a dark one.

/// The style sheet.
pub(super) const STYLE: &str = "<style>
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1f2328}
.page{fill:#ffffff}.heading{font-size:15px;font-weight:bold}
.dim{font-size:10px;fill:#59636e}.name,.middle{text-anchor:middle}
.note{font-size:10px;fill:#953800;stroke:#ffffff;stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
.package{font-size:10px;fill:#59636e;stroke:#f6f8fa;stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
.frame{fill:#f6f8fa;stroke:#d1d9e0}.box,.several{fill:#ffffff;stroke:#8c959f}.several{stroke-width:2}
.way{fill:#fff8c5;stroke:#bc4c00;stroke-width:2}
.entry{fill:#ddf4ff;stroke:#0969da;stroke-width:2}.target{fill:#ffebe9;stroke:#cf222e;stroke-width:2}
path{fill:none;stroke:#afb8c1}.later{stroke-width:1}.first{stroke:#6e7781;stroke-width:1.5}
.chain{stroke:#bc4c00;stroke-width:3}.guarded{stroke-dasharray:6 4}.maybe{stroke-dasharray:2 4}
.head{fill:#afb8c1;stroke:none}.head.first{fill:#6e7781}.head.chain{fill:#bc4c00}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#0d1117}.dim{fill:#9198a1}.note{fill:#f0883e;stroke:#0d1117}.package{fill:#9198a1;stroke:#151b23}
.frame{fill:#151b23;stroke:#3d444d}.box,.several{fill:#0d1117;stroke:#6e7681}
.way{fill:#2e2a1f;stroke:#d29922}.entry{fill:#0c2d6b;stroke:#4493f8}.target{fill:#5d1214;stroke:#f85149}
path{stroke:#484f58}.first{stroke:#9198a1}.chain{stroke:#f0883e}
.head{fill:#484f58;stroke:none}.head.first{fill:#9198a1}.head.chain{fill:#f0883e}
}
</style>
";
