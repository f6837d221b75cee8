#version 330

// Hidden area of an eye: tangents of the eye's angles to clip space, on the near plane.
uniform vec4 u_window;           // scale x, scale y, offset x, offset y
in vec4 p3d_Vertex;

void main() {
    gl_Position = vec4(p3d_Vertex.xy * u_window.xy + u_window.zw, -1.0, 1.0);
}
