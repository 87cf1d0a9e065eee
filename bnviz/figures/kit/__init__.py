"""What every figure shares: one drawing code, and the four forms that a reader meets.

``figure`` the value and its forms · ``blob`` arrays as bytes · ``bundle`` JavaScript and style ·
``notebook`` the widget · ``paper`` colors and still pictures · ``words`` numbers as text ·
``labels``, ``causes``, ``axes`` what a caller gives. In JavaScript: ``life`` from data to finished
draws · ``blob`` · ``elements`` · ``scales`` · ``axes`` · ``words`` · ``text`` how wide it is ·
``spread`` of several seeds · ``draw`` axes and marks · ``overlap`` lines on each other · ``ink``
images · ``plot`` · ``controls`` · ``cells`` a grid to choose from · ``player`` through time.
"""
